// What the server told this page about itself: `{page, base, assets, lang, version, csrf, user}`.
// `base` is "" or the path the server lives under; `csrf` and `user` are null without a session.

export const boot = JSON.parse(document.getElementById("boot").textContent);

/** A path of the server as this page must ask for it. */
export const at = (path) => `${boot.base}${path}`;
