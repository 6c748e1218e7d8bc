/** One server and credential: sends requests and reads answers. */

import { parse, stringify } from "./json.js";

const TIMEOUT_MS = 30_000;
const VERSION_HEADER = "Owner-Version";
/** What a replica may answer. DELETE of the first is a change. */
const REPLICA_READS = ["conversations/-/", "conversations/lookup/", "conversations/", "unread/"];

/** The client's own codes; all others are the server's. */
export const Code = Object.freeze({
  TIMEOUT: 6012,
  CLOSED: 6013,
  INVALID_PARAMETER: 6017,
  UNREADABLE_ANSWER: 9502,
  NETWORK: 9508,
  SERVER_ERROR: 50004,
});

/**
 * A call that failed: the SDK's `code` and `desc`, the HTTP status, 0 where there was no answer, and the seconds after which
 * the server asks to try again, 0 where it does not say.
 */
export class ImsiteError extends Error {
  constructor(code, desc, status = 0, retryAfter = 0) {
    super(desc);
    this.name = "ImsiteError";
    this.code = code;
    this.desc = desc;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export class Session {
  #root;
  #owner;
  #isClosed = false;
  #open = new Set();
  /** The sync token after which changes are news to the app: of the first list read, then of the last event. */
  #position;
  /** The newest sync token that came from the server: reads ask for a list at least as new. */
  #newest;

  constructor({ server, credential, owner }) {
    this.#root = `${server.replace(/\/+$/, "")}/api/v1/`;
    this.#owner = owner;
    this.credential = credential;
  }

  /** End all requests; later ones fail. */
  close() {
    this.#isClosed = true;
    for (const abort of this.#open) abort.abort();
  }

  /** Return an answer's JSON and the sync token that came with it. Throws ImsiteError. */
  async send(method, path, query = {}, body = undefined) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    this.#open.add(timeout);
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.#newest && method !== "DELETE" && REPLICA_READS.includes(path)) headers[VERSION_HEADER] = this.#newest.token;
    try {
      const response = await this.#fetch(path, query, headers, timeout, { method, body: stringify(body) });
      this.note(response.headers.get(VERSION_HEADER));
      return read(response, await response.text());
    } catch (error) {
      throw this.#asImsiteError(error, timeout);
    } finally {
      this.#open.delete(timeout);
      clearTimeout(timer);
    }
  }

  /** Open the event stream after the position. `abort` ends it. Throws ImsiteError. */
  async openEvents(query, abort) {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": await this.position() };
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await this.#fetch("events/", query, headers, abort, { cache: "no-store" });
      if (response.status !== 200) read(response, await response.text());
      return response;
    } catch (error) {
      throw this.#asImsiteError(error, abort);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Return the position, which is the present one if there is none yet. */
  async position() {
    if (this.#position === undefined) {
      const { version } = await this.send("GET", "unread/");
      this.startAt(version ?? "0");
    }
    return this.#position;
  }

  /** Set the position, unless there is one. */
  startAt(version) {
    this.#position ??= version;
  }

  moveTo(lastEventID) {
    this.#position = lastEventID;
  }

  /** Remember a sync token if it is the newest one. Another text, such as "0" of a user without a list, is no version. */
  note(token) {
    const match = /^(\d{1,18})\.(\d{1,18})(\.\d{1,18})?$/.exec(token);
    if (!match) return;
    const [epoch, version] = [BigInt(match[1]), BigInt(match[2])];
    const { epoch: before = -1n, version: last } = this.#newest ?? {};
    if (epoch > before || (epoch === before && version > last)) this.#newest = { token, epoch, version };
  }

  async #fetch(path, query, headers, abort, options) {
    if (this.#isClosed) throw new ImsiteError(Code.CLOSED, "The client is closed.");
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== null));
    if (this.#owner) parameters.set("owner", this.#owner);
    return fetch(`${this.#root}${path}?${parameters}`, {
      ...options,
      headers: { ...headers, Authorization: `Bearer ${this.credential}` },
      credentials: "omit",
      redirect: "error",
      signal: abort.signal,
    });
  }

  #asImsiteError(error, abort) {
    if (error instanceof ImsiteError) return error;
    if (this.#isClosed) return new ImsiteError(Code.CLOSED, "The client is closed.");
    if (abort.signal.aborted) return new ImsiteError(Code.TIMEOUT, "The server did not answer in time.");
    return new ImsiteError(Code.NETWORK, `The server cannot be reached: ${error.cause?.message ?? error.message}`);
  }
}

function read({ status, headers }, text) {
  let json = {};
  try {
    if (text) json = parse(text);
  } catch {
    throw new ImsiteError(Code.UNREADABLE_ANSWER, `The answer is not JSON (HTTP status ${status}).`, status);
  }
  if (status >= 200 && status < 300) return { json, version: headers.get(VERSION_HEADER) };
  const desc = json.desc ?? `The server answered with HTTP status ${status}.`;
  const retryAfter = headers.get("Retry-After") ?? "";
  throw new ImsiteError(json.code ?? Code.SERVER_ERROR, desc, status, /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0);
}
