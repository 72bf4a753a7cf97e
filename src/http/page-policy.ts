/** The Content-Security-Policy of every page of the service: nothing from elsewhere, nothing inline, no text that becomes markup. */
export const PAGE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
