// Passkeys: the browser's own dialogue between a button and its form.
//   <form data-passkey="create|get" data-options="…JSON…" or data-fetch="address that gives it">
//     <input type="hidden" name="credential"> <button type="button" data-passkey-start hidden>
// The button shows only where the browser has passkeys; what goes wrong is said in [data-passkey-failed].
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async (options) => {
    const asked = options.publicKey;
    const made = await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: keys(asked.excludeCredentials),
      },
    });
    return {
      type: made.type,
      id: made.id,
      rawId: text(made.rawId),
      authenticatorAttachment: made.authenticatorAttachment,
      clientExtensionResults: made.getClientExtensionResults(),
      response: {
        clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
    };
  };

  const get = async (options) => {
    const asked = options.publicKey;
    const shown = await navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: keys(asked.allowCredentials) },
    });
    return {
      type: shown.type,
      id: shown.id,
      rawId: text(shown.rawId),
      authenticatorAttachment: shown.authenticatorAttachment,
      clientExtensionResults: shown.getClientExtensionResults(),
      response: {
        clientDataJSON: text(shown.response.clientDataJSON),
        authenticatorData: text(shown.response.authenticatorData),
        signature: text(shown.response.signature),
        userHandle: shown.response.userHandle ? text(shown.response.userHandle) : null,
      },
    };
  };

  const optionsOf = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.fetch, {
      headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
      credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).request_options;
  };

  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("[data-passkey-start]");
    const failed = form.querySelector("[data-passkey-failed]");
    for (const one of form.querySelectorAll("[data-passkey-only]")) one.hidden = false;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      failed.hidden = true;
      try {
        const ceremony = form.dataset.passkey === "create" ? create : get;
        form.elements.credential.value = JSON.stringify(await ceremony(await optionsOf(form)));
        form.submit();
      } catch {
        // Cancelled, timed out, or no passkey of this site on the device: said on the page, not in the console.
        failed.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
