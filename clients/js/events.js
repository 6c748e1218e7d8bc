/** The server's events: a stream that goes on where it was after a break, and what they say to listeners. */

import { parse } from "./json.js";
import { Code, ImsiteError } from "./session.js";

/** The server sends a heartbeat every 15 seconds. */
const IDLE_MS = 45_000;
const MAX_WAIT_MS = 60_000;
/** The longest wait that the server may ask for. */
const MAX_RETRY_AFTER_MS = 600_000;

/** Follows the events of one session. A stream that breaks is opened again; a refusal ends it. */
export class EventStream {
  #session;
  #query;
  #receiver;
  #retryMs = 3000;
  #isClosed = false;
  #abort = new AbortController();
  #wake = () => {};

  constructor(session, query, receiver) {
    this.#session = session;
    this.#query = query;
    this.#receiver = receiver;
  }

  close() {
    this.#isClosed = true;
    this.#abort.abort();
    this.#wake();
  }

  async run() {
    for (let failures = 0; !this.#isClosed; ) {
      let leastMs = 0;
      try {
        this.#receiver.connecting();
        await this.#follow();
        failures = 0;
      } catch (error) {
        if (this.#isClosed) return;
        const refusal = error instanceof ImsiteError ? error : new ImsiteError(Code.UNREADABLE_ANSWER, String(error));
        this.#receiver.failed(refusal);
        if (isFinal(refusal.status) || refusal.code === Code.CLOSED) return;
        failures++;
        leastMs = Math.min(MAX_RETRY_AFTER_MS, refusal.retryAfter * 1000);
      }
      const backoffMs = Math.min(MAX_WAIT_MS, this.#retryMs * 2 ** Math.min(10, Math.max(0, failures - 1)));
      await this.#pause(Math.max(leastMs, backoffMs));
    }
  }

  /** Read events until the stream breaks. Throws ImsiteError where it was not opened, or the server ends it. */
  async #follow() {
    this.#abort = new AbortController();
    const response = await this.#session.openEvents(this.#query, this.#abort);
    if (!this.#isClosed) await this.#receiver.connected();
    const reader = response.body.getReader();
    try {
      await this.#read(reader);
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  async #read(reader) {
    const decoder = new TextDecoder();
    let rest = "";
    let event = {};
    for (let part; !this.#isClosed && (part = await this.#nextPart(reader)); ) {
      const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line !== "") {
          this.#take(line, event);
        } else {
          await this.#deliver(event);
          event = {};
        }
        if (this.#isClosed) return;
      }
    }
  }

  /** Return the next bytes, or nothing where the stream has ended, has broken, or is silent for too long. */
  async #nextPart(reader) {
    const timer = setTimeout(() => reader.cancel().catch(() => {}), IDLE_MS);
    try {
      return (await reader.read()).value;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(line, event) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") event.name = value;
    else if (field === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
    else if (field === "id") event.id = value;
    else if (field === "retry" && /^\d{1,6}$/.test(value)) this.#retryMs = Number(value);
    // A comment is a heartbeat.
  }

  async #deliver({ name, data, id }) {
    if (data === undefined) return;
    const json = parse(data);
    if (name === "problem") throw new ImsiteError(json.code, json.desc, json.status);
    this.#session.note(id); // first: on an event, the client and apps read
    await this.#receiver.event(name, json);
    if (id !== undefined && !this.#isClosed) this.#session.moveTo(id);
  }

  async #pause(milliseconds) {
    if (this.#isClosed) return;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isFinal(status) {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/**
 * Finds out of changed conversations what happened to conversation groups.
 *
 * The server sends the groups of each changed conversation and the names of all groups, not what changed there. A
 * conversation that was never listed and never changed before is only remembered.
 */
export class GroupTracker {
  #groupsByID = new Map();
  #names;

  get hasNames() {
    return this.#names !== undefined;
  }

  note(listed) {
    for (const conversation of listed) this.#groupsByID.set(conversation.conversationID, conversation.conversationGroupList);
  }

  noteNames(names) {
    this.#names = names;
  }

  /** Return [listener's method, arguments …] for each event. `names` are those of all groups, undefined if they did not change. */
  apply(news, changed, names) {
    const created = without(names, this.#names);
    const deleted = without(this.#names, names);
    const isRenamed = created.length === 1 && deleted.length === 1;
    const members = new Map(created.map((name) => [name, []]));
    const added = new Map();
    const removed = new Map();
    for (const conversation of news) this.#groupsByID.set(conversation.conversationID, []);
    for (const conversation of [...news, ...changed]) {
      const now = conversation.conversationGroupList;
      const before = this.#groupsByID.get(conversation.conversationID);
      this.#groupsByID.set(conversation.conversationID, now);
      for (const name of now) members.get(name)?.push(conversation);
      collect(added, without(without(now, before), created), conversation);
      collect(removed, without(without(before, now), deleted), conversation);
    }
    this.#names = names ?? this.#names;
    return [
      ...(isRenamed
        ? [["onConversationGroupNameChanged", deleted[0], created[0]]]
        : [
            ...deleted.map((name) => ["onConversationGroupDeleted", name]),
            ...[...members].map((group) => ["onConversationGroupCreated", ...group]),
          ]),
      ...[...added].map((group) => ["onConversationsAddedToGroup", ...group]),
      ...[...removed].map((group) => ["onConversationsDeletedFromGroup", ...group]),
    ];
  }
}

function collect(byName, names, conversation) {
  for (const name of names) byName.set(name, [...(byName.get(name) ?? []), conversation]);
}

/** Return the names in the one list and not in the other; none where either is unknown. */
function without(names, others) {
  return names && others ? names.filter((name) => !others.includes(name)) : [];
}
