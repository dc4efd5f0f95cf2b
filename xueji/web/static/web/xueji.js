// What the keyboard and the mouse gain from JavaScript. Every page works without it.
(() => {
  "use strict";

  const typing = (element) => element.closest("input, select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const link = (row) => row.querySelector("a[href]");
  const current = () => document.activeElement.closest("[data-row]");

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    const focus = link(next) || next;
    if (focus === next) next.tabIndex = -1;
    focus.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function approve() {
    const here = current() || document;
    const button = here.querySelector("[data-approve]");
    if (button) button.click();
  }

  const keys = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => document.getElementById("help")?.showModal(),
    j: () => move(1),
    k: () => move(-1),
    a: approve,
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeMenus(null);
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // Menus are <details>: close them when another place is pressed, or on Escape.
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu === except) continue;
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside && except === null) menu.querySelector("summary").focus();
    }
  }
  document.addEventListener("click", (event) => {
    const open = event.target.closest("details.menu");
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== open) menu.open = false;
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.dialog)?.showModal();
    }
    if (event.target.closest("[data-print]")) window.print();
    const all = event.target.closest("[data-check-all]");
    if (all) {
      for (const box of document.querySelectorAll(all.dataset.checkAll)) box.checked = all.checked;
    }
  });

  // <button data-confirm="…"> asks first. Without JavaScript the server's own page asks.
  const dialog = document.getElementById("confirm");
  let asked = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-confirm]");
    if (!button || !dialog || button === asked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.querySelector("[data-question]").textContent = button.dataset.confirm;
    dialog.querySelector("[data-yes]").textContent = button.dataset.confirmYes || button.textContent.trim();
    dialog.returnValue = "";
    dialog.showModal();
    dialog.onclose = () => {
      button.focus();
      if (dialog.returnValue !== "yes") return;
      asked = button;
      button.click();
      asked = null;
    };
  }, true);

  // A file input in a .drop: say which file was chosen, and light up while one hovers.
  const size = (bytes) => bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file") return;
    const named = input.closest(".drop")?.querySelector("[data-file]");
    if (named) named.textContent = [...input.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  });
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      event.target.closest?.(".drop")?.classList.toggle("over", over);
    });
  }

  // A form is sent once: a second press while the first is under way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  const unlock = () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  window.addEventListener("pageshow", unlock);
  document.addEventListener("htmx:after:request", unlock);

  // htmx: a request that never reached the server is said in the messages region.
  document.addEventListener("htmx:error", () => {
    const region = document.getElementById("messages");
    const words = document.getElementById("no-connection");
    if (region && words) region.replaceChildren(words.content.cloneNode(true));
    unlock();
  });
})();
