/**
 * A user's conversation list on an imsite server, for browsers and Node, with the calls of Tencent's SDKs.
 *
 * Types and descriptions are in imsite.d.ts.
 */

import { EventStream, GroupTracker } from "./events.js";
import { parse, stringify } from "./json.js";
import { Code, ImsiteError, Session } from "./session.js";

export { Code, ImsiteError, parse, stringify };

const MAX_IDS = 1000;
const WEB_PREFIXES = { C2C: "c2c_", GROUP: "group_" };

export class ConversationClient {
  #session;
  #format;
  #groups = new GroupTracker();
  #listeners = new Set();
  #stream;
  #unreadByFilter = new Map();
  #lastChange = Promise.resolve();

  constructor({ server, credential, owner, format }) {
    this.#session = new Session({ server, credential, owner });
    this.#format = format === "native" ? undefined : format;
  }

  renew(credential) {
    this.#session.credential = credential;
    this.#stop();
    this.#start();
  }

  close() {
    this.#listeners.clear();
    this.#stop();
    this.#session.close();
  }

  // ---- Reads ---------------------------------------------------------------------------------

  async getConversation(conversationID, { placeholder = false } = {}) {
    const query = { id: this.#native(conversationID), format: this.#format, placeholder: placeholder || undefined };
    return (await this.#session.send("GET", "conversations/-/", query)).json;
  }

  async getConversationList(idsOrPage = {}) {
    return Array.isArray(idsOrPage) ? this.#lookup(idsOrPage) : this.#page(idsOrPage);
  }

  async getTotalUnreadMessageCount(filter) {
    return (await this.#session.send("GET", "unread/", parameters(filter))).json.total;
  }

  async getConversationGroupList() {
    return (await this.#session.send("GET", "conversation-groups/")).json.conversationGroupList;
  }

  async #lookup(conversationIDs) {
    const ids = [...new Set(conversationIDs.map((id) => this.#native(id)))];
    const conversations = [];
    const reasons = [];
    for (let start = 0; start === 0 || start < ids.length; start += MAX_IDS) {
      const body = { conversationIDList: ids.slice(start, start + MAX_IDS) };
      const { json } = await this.#session.send("POST", "conversations/lookup/", { format: this.#format }, body);
      conversations.push(...json.conversationList);
      reasons.push(...json.unresolved);
    }
    const isMalformed = ({ resultCode }) => resultCode === Code.INVALID_PARAMETER;
    if (conversations.length === 0 && reasons.length > 0 && reasons.every(isMalformed)) {
      throw new ImsiteError(Code.INVALID_PARAMETER, reasons[0].resultInfo);
    }
    return conversations;
  }

  async #page({ nextSeq, count, filter }) {
    const isFirst = nextSeq === undefined || nextSeq === "" || nextSeq === "0";
    const query = { ...parameters(filter), count, nextSeq: isFirst ? undefined : nextSeq, format: this.#format };
    const { json, version } = await this.#session.send("GET", "conversations/", query);
    if (isFirst && version !== null) this.#session.startAt(version);
    this.#groups.note(json.conversationList);
    return json;
  }

  // ---- Changes of one conversation -----------------------------------------------------------

  pinConversation(conversationID, isPinned) {
    return this.#changeOne(isPinned ? "PUT" : "DELETE", conversationID, "pin/");
  }

  setConversationDraft(conversationID, draftText) {
    return this.#changeOne("PUT", conversationID, "draft/", { draftText: draftText ?? "" });
  }

  deleteConversation(conversationID) {
    return this.#changeOne("DELETE", conversationID, "");
  }

  async cleanConversationUnreadMessageCount(conversationID = "", { cleanTimestamp = 0, cleanSequence = 0 } = {}) {
    if (["", "c2c", "group"].includes(conversationID)) {
      await this.#change("POST", "conversations/read/", {}, { scope: conversationID || "all" });
      return;
    }
    const isGroup = this.#native(conversationID).startsWith("group_");
    const position = isGroup ? cleanSequence && { cleanSequence } : cleanTimestamp && { cleanTimestamp };
    await this.#changeOne("POST", conversationID, "read/", position || {});
  }

  // ---- Changes of several conversations ------------------------------------------------------

  markConversation(conversationIDList, markType, enableMark) {
    return this.#changeMany("conversations/mark/", conversationIDList, { markType: toInteger(markType), enableMark });
  }

  setConversationCustomData(conversationIDList, customData) {
    return this.#changeMany("conversations/custom-data/", conversationIDList, { customData });
  }

  deleteConversationList(conversationIDList, clearMessage = true) {
    return this.#changeMany("conversations/delete/", conversationIDList, { clearMessage });
  }

  // ---- Conversation groups -------------------------------------------------------------------

  createConversationGroup(groupName, conversationIDList) {
    return this.#changeMany("conversation-groups/", conversationIDList, { groupName });
  }

  async deleteConversationGroup(groupName) {
    await this.#change("DELETE", "conversation-groups/-/", { name: groupName });
  }

  async renameConversationGroup(oldName, newName) {
    await this.#change("PATCH", "conversation-groups/-/", { name: oldName }, { newName });
  }

  addConversationsToGroup(groupName, conversationIDList) {
    return this.#changeMany("conversation-groups/-/add/", conversationIDList, {}, { name: groupName });
  }

  deleteConversationsFromGroup(groupName, conversationIDList) {
    return this.#changeMany("conversation-groups/-/remove/", conversationIDList, {}, { name: groupName });
  }

  async #changeOne(method, conversationID, action, body) {
    await this.#change(method, `conversations/-/${action}`, { id: this.#native(conversationID) }, body);
  }

  async #changeMany(path, conversationIDList, body, query = {}) {
    const ids = conversationIDList.map((id) => this.#native(id));
    const { results } = await this.#change("POST", path, query, { conversationIDList: ids, ...body });
    return results.map((result) => ({ ...result, conversationID: this.#inFormat(result.conversationID) }));
  }

  /** Send a change after all earlier ones, so that of two drafts set in a row the second one holds. */
  #change(method, path, query, body) {
    const change = this.#lastChange.then(async () => (await this.#session.send(method, path, query, body)).json);
    this.#lastChange = change.catch(() => {});
    return change;
  }

  // ---- Listeners -----------------------------------------------------------------------------

  addConversationListener(listener) {
    this.#listeners.add(listener);
    this.#start();
  }

  removeConversationListener(listener) {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#stop();
  }

  subscribeUnreadMessageCountByFilter(filter) {
    const key = stringify(Object.entries(parameters(filter)).sort());
    if (this.#unreadByFilter.has(key)) return;
    this.#unreadByFilter.set(key, { filter: { ...filter }, count: undefined });
    this.#countByFilters();
  }

  unsubscribeUnreadMessageCountByFilter(filter) {
    this.#unreadByFilter.delete(stringify(Object.entries(parameters(filter)).sort()));
  }

  #start() {
    if (this.#stream || this.#listeners.size === 0) return;
    const following = new Following(this.#session, this.#groups, {
      tell: (...event) => stream === this.#stream && this.#tell(...event),
      countByFilters: () => this.#countByFilters(),
    });
    const stream = new EventStream(this.#session, { format: this.#format }, following);
    this.#stream = stream;
    stream.run();
  }

  #stop() {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #tell(name, ...values) {
    for (const listener of [...this.#listeners]) {
      try {
        listener[name]?.(...values);
      } catch (error) {
        // An error of the app's own must not end the stream.
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }

  /** Count again what each subscribed filter selects, and report what changed. What fails is counted after the next change. */
  async #countByFilters() {
    for (const [key, subscribed] of [...this.#unreadByFilter]) {
      const count = await this.getTotalUnreadMessageCount(subscribed.filter).catch(() => subscribed.count);
      if (this.#unreadByFilter.get(key) !== subscribed || subscribed.count === count) continue;
      subscribed.count = count;
      this.#tell("onUnreadMessageCountChangedByFilter", subscribed.filter, count);
    }
  }

  // ---- IDs -----------------------------------------------------------------------------------

  /** Return the ID that the server takes: with format "web", C2Cbob stands for c2c_bob. */
  #native(conversationID) {
    const id = String(conversationID ?? "");
    const prefix = this.#format === "web" ? Object.keys(WEB_PREFIXES).find((word) => id.startsWith(word)) : undefined;
    return prefix ? WEB_PREFIXES[prefix] + id.slice(prefix.length) : id;
  }

  #inFormat(conversationID) {
    if (this.#format !== "web") return conversationID;
    const [word, prefix] = Object.entries(WEB_PREFIXES).find(([, prefix]) => conversationID.startsWith(prefix)) ?? ["", ""];
    return word + conversationID.slice(prefix.length);
  }
}

/** Tells listeners what the events of one stream say. */
class Following {
  #session;
  #groups;
  #client;
  #total;
  #isResetting = false;

  constructor(session, groups, client) {
    this.#session = session;
    this.#groups = groups;
    this.#client = client;
  }

  connecting() {
    this.#client.tell("onSyncServerStart");
  }

  async connected() {
    if (!this.#groups.hasNames) {
      // At the first time: what is new is known by what was there before. Without, the first change tells names only.
      const answer = await this.#session.send("GET", "conversation-groups/").catch(() => undefined);
      if (answer) this.#groups.noteNames(answer.json.conversationGroupList);
    }
    this.#client.tell("onSyncServerFinish");
  }

  failed(error) {
    this.#client.tell("onSyncServerFailed", error);
  }

  async event(name, data) {
    if (name === "unread" && data.total !== this.#total) {
      this.#total = data.total;
      this.#client.tell("onTotalUnreadMessageCountChanged", data.total);
    } else if (name === "reset") {
      this.#isResetting = true;
      this.#client.tell("onSyncServerStart");
    } else if (name === "changes") {
      await this.#apply(data);
    }
  }

  async #apply({ changes, isFinished }) {
    const of = (kind, key) => changes.filter((change) => change.kind === kind).map((change) => change[key]);
    const news = of("new", "conversation");
    const changed = of("changed", "conversation");
    const deleted = of("deleted", "conversationID");
    if (news.length) this.#client.tell("onNewConversation", news);
    if (changed.length) this.#client.tell("onConversationChanged", changed);
    if (deleted.length) this.#client.tell("onConversationDeleted", deleted);
    for (const event of this.#groups.apply(news, changed, of("groups", "conversationGroupList").at(-1))) {
      this.#client.tell(...event);
    }
    if (this.#isResetting && isFinished) {
      this.#isResetting = false;
      this.#client.tell("onSyncServerFinish");
    }
    await this.#client.countByFilters();
  }
}

/** Return a whole number or its text as a BigInt; anything else as it is, for the server to refuse. */
function toInteger(value) {
  try {
    return BigInt(value);
  } catch {
    return value;
  }
}

/** Return a filter as query parameters. */
function parameters({ conversationType, ...filter } = {}) {
  return { type: conversationType, ...filter };
}
