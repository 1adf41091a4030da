/** Which page is shown, from the address behind `#`; a session's address is enough to find it again. */
import { signal } from "@preact/signals";

const IDS = { session: /^[0-9a-f]{32}$/, shared: /^[0-9a-f]{64}$/ };

const PLAIN = ["models", "usage", "admin"];

export const route = signal(read());
addEventListener("hashchange", () => (route.value = read()));
addEventListener("popstate", () => (route.value = read()));

export const sessionAddress = (id) => `#/session/${id}`;
export const sharedAddress = (artifactId, link) => `#/shared/${artifactId}${link ? `/${link}` : ""}`;
export const taskAddress = (id) => `#/tasks/${id}`;

/** Go to an address; `replace` leaves no step to go back to. */
export function go(address, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  route.value = read();
}

function read() {
  const [page = "", id = null, link = null] = location.hash.replace(/^#\/?/, "").split("/");
  if (page === "tasks") return { page: "tasks", id };
  if (PLAIN.includes(page)) return { page, id: null };
  if (page === "shared" && IDS.shared.test(id)) return { page: "shared", id, link };
  return { page: "chat", id: page === "session" && IDS.session.test(id) ? id : null };
}
