// Markdown to HTML by `marked`, a library as it is in Debian's node-marked: bundled at build, evaluated once.

import { marked } from "marked";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

/**
 * `marked` passes raw HTML and every kind of link through; a tool's answer may be shown in a page. Titles and an image's
 * text come escaped, addresses do not.
 */
const renderer = {
  html: escape,
  link(href, title, text) {
    return isSafe(href) ? `<a href="${escape(href)}"${titled(title)}>${text}</a>` : text;
  },
  image(href, title, text) {
    return isSafe(href) ? `<img src="${escape(href)}" alt="${text}"${titled(title)}>` : text;
  },
};

const titled = (title) => (title ? ` title="${title}"` : "");

function isSafe(href) {
  // White space and control characters are what browsers drop before they read the scheme.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(href.replace(/[\u0000-\u0020]/g, ""));
  return scheme === null || ["http", "https", "mailto"].includes(scheme[1].toLowerCase());
}

marked.use({ renderer, gfm: true, headerIds: false, mangle: false });

export default {
  tools: {
    render: ({ markdown }) => marked.parse(markdown),

    outline({ markdown }) {
      const headings = marked.lexer(markdown).filter((token) => token.type === "heading");
      return { headings: headings.map(({ depth, text }) => ({ level: depth, text })) };
    },
  },
};
