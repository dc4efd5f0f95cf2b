"""How one proves who one is: sign-in, second factors, asking again, one's own account and sessions."""
