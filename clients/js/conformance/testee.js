/** Runs the calls of the conformance suite on this client, see clients/conformance/README.md: a JSON line in, a JSON line out. */

import { createInterface } from "node:readline";

import { ConversationClient, parse, stringify } from "../imsite.js";

const EVENTS = {
  onSyncServerStart: () => null,
  onSyncServerFinish: () => null,
  onSyncServerFailed: () => null,
  onNewConversation: (list) => list,
  onConversationChanged: (list) => list,
  onConversationDeleted: (ids) => ids,
  onTotalUnreadMessageCountChanged: (count) => count,
  onUnreadMessageCountChangedByFilter: (_filter, count) => count,
  onConversationGroupCreated: (groupName, conversationList) => ({ groupName, conversationList }),
  onConversationGroupDeleted: (name) => name,
  onConversationGroupNameChanged: (...names) => names,
  onConversationsAddedToGroup: (groupName, conversationList) => ({ groupName, conversationList }),
  onConversationsDeletedFromGroup: (groupName, conversationList) => ({ groupName, conversationList }),
};
const listener = Object.fromEntries(
  Object.entries(EVENTS).map(([name, value]) => [name, (...values) => write({ event: name, value: value(...values) })]),
);
let client = new ConversationClient({ server: "http://127.0.0.1", credential: "" });
client.close();
let placeholder = false;

const CALLS = {
  connect(options) {
    client.close();
    client = new ConversationClient(options);
  },
  disconnect: () => client.close(),
  renew: (a) => client.renew(a.credential),
  setPlaceholders: (a) => void (placeholder = a.enabled),
  getConversation: (a) => client.getConversation(a.conversationID, { placeholder }),
  getConversationList: (a) => client.getConversationList(a.conversationIDList),
  getConversationListByPage: (a) => client.getConversationList(a),
  getConversationListByFilter: (a) => client.getConversationList(a),
  getTotalUnreadMessageCount: () => client.getTotalUnreadMessageCount(),
  getUnreadMessageCountByFilter: (a) => client.getTotalUnreadMessageCount(a.filter),
  getConversationGroupList: () => client.getConversationGroupList(),
  pinConversation: (a) => client.pinConversation(a.conversationID, a.isPinned),
  setConversationDraft: (a) => client.setConversationDraft(a.conversationID, a.draftText),
  deleteConversation: (a) => client.deleteConversation(a.conversationID),
  cleanConversationUnreadMessageCount: (a) => client.cleanConversationUnreadMessageCount(a.conversationID, a),
  markConversation: (a) => client.markConversation(a.conversationIDList, a.markType, a.enableMark),
  setConversationCustomData: (a) => client.setConversationCustomData(a.conversationIDList, a.customData),
  deleteConversationList: (a) => client.deleteConversationList(a.conversationIDList, a.clearMessage),
  createConversationGroup: (a) => client.createConversationGroup(a.groupName, a.conversationIDList),
  deleteConversationGroup: (a) => client.deleteConversationGroup(a.groupName),
  renameConversationGroup: (a) => client.renameConversationGroup(a.oldName, a.newName),
  addConversationsToGroup: (a) => client.addConversationsToGroup(a.groupName, a.conversationIDList),
  deleteConversationsFromGroup: (a) => client.deleteConversationsFromGroup(a.groupName, a.conversationIDList),
  addConversationListener: () => client.addConversationListener(listener),
  removeConversationListener: () => client.removeConversationListener(listener),
  subscribeUnreadMessageCountByFilter: (a) => client.subscribeUnreadMessageCountByFilter(a.filter),
  unsubscribeUnreadMessageCountByFilter: (a) => client.unsubscribeUnreadMessageCountByFilter(a.filter),
};

async function run({ id, call, arguments: values }) {
  if (!(call in CALLS)) return write({ id, unsupported: call });
  try {
    write({ id, value: (await CALLS[call](values)) ?? null });
  } catch ({ code, desc }) {
    write({ id, error: { code, desc } });
  }
}

function write(line) {
  process.stdout.write(`${stringify(line)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) run(parse(line));
client.close();
