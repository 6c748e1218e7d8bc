/** A user's conversation list on an imsite server, with the calls of Tencent's SDKs. */

/** A whole number: beyond 2^53 a bigint, such as the mark `1n << 63n`, otherwise a number. */
export type Integer = number | bigint;

export interface ClientOptions<F extends Format = "native"> {
  /** The server's address, such as "https://im.example.com"; "" in a page of the same origin. */
  server: string;
  /** The user's UserSig or API key. A service key works as well, but must not be in a page. */
  credential: string;
  /** The user whose list is meant; needed with a service key only. */
  owner?: string;
  /** "web": conversations in the form of Tencent's Web SDK. */
  format?: F;
}

export type Format = "native" | "web";
export type ConversationOf<F extends Format> = F extends "web" ? WebConversation : Conversation;

/**
 * One user's list. Every call's promise is rejected with an ImsiteError.
 *
 * Reads run side by side, changes in the order of the calls. With format "web", conversationIDs may be `C2Cbob` or `c2c_bob`.
 */
export class ConversationClient<F extends Format = "native"> {
  constructor(options: ClientOptions<F>);
  /** Replace an expired credential, and open the event stream again. */
  renew(credential: string): void;
  /** End the event stream and all calls; later calls fail with 6013. */
  close(): void;

  /** Get a conversation. Unknown: error 6004, or with `placeholder` an unsaved, empty object. */
  getConversation(conversationID: string, options?: { placeholder?: boolean }): Promise<ConversationOf<F>>;
  /** Get conversations by ID in the order of the IDs, each once, without unknown ones. 6017 if no ID is well-formed. */
  getConversationList(conversationIDList: readonly string[]): Promise<ConversationOf<F>[]>;
  /** Get a page of the list, without `nextSeq` the first. */
  getConversationList(page?: PageOptions): Promise<ConversationPage<F>>;
  /** Get the unread count of all conversations or of a filter's; muted ones are left out. */
  getTotalUnreadMessageCount(filter?: ConversationFilter): Promise<number>;
  getConversationGroupList(): Promise<string[]>;

  pinConversation(conversationID: string, isPinned: boolean): Promise<void>;
  /** Save a draft for all devices; "" or null removes it. */
  setConversationDraft(conversationID: string, draftText: string | null): Promise<void>;
  /** Delete a conversation with its history. */
  deleteConversation(conversationID: string): Promise<void>;
  /** Mark as read, all or up to a position. The ID "" stands for all conversations, "c2c" and "group" for all of a type. */
  cleanConversationUnreadMessageCount(conversationID?: string, upTo?: ReadPosition): Promise<void>;

  /** Set or take away mark bits, such as `1` (star) or `1n << 63n`. */
  markConversation(conversationIDList: readonly string[], markType: Integer | string, enableMark: boolean): Promise<Result[]>;
  setConversationCustomData(conversationIDList: readonly string[], customData: string): Promise<Result[]>;
  /** Delete conversations; `clearMessage` false keeps their messages. */
  deleteConversationList(conversationIDList: readonly string[], clearMessage?: boolean): Promise<Result[]>;

  createConversationGroup(groupName: string, conversationIDList: readonly string[]): Promise<Result[]>;
  deleteConversationGroup(groupName: string): Promise<void>;
  renameConversationGroup(oldName: string, newName: string): Promise<void>;
  addConversationsToGroup(groupName: string, conversationIDList: readonly string[]): Promise<Result[]>;
  deleteConversationsFromGroup(groupName: string, conversationIDList: readonly string[]): Promise<Result[]>;

  /** The first listener opens the event stream, the last one removed closes it. */
  addConversationListener(listener: ConversationListener<F>): void;
  removeConversationListener(listener: ConversationListener<F>): void;
  /** Report a filter's unread count to listeners, now and after each change. */
  subscribeUnreadMessageCountByFilter(filter: ConversationFilter): void;
  unsubscribeUnreadMessageCountByFilter(filter: ConversationFilter): void;
}

/** All methods are optional. What happens while the connection is broken is reported after it. */
export interface ConversationListener<F extends Format = "native"> {
  onSyncServerStart?(): void;
  onSyncServerFinish?(): void;
  /** The server was not reached, and will be tried again; after a refused credential not until `renew`. */
  onSyncServerFailed?(error: ImsiteError): void;
  onNewConversation?(conversationList: ConversationOf<F>[]): void;
  onConversationChanged?(conversationList: ConversationOf<F>[]): void;
  onConversationDeleted?(conversationIDList: string[]): void;
  onTotalUnreadMessageCountChanged?(totalUnreadCount: number): void;
  onUnreadMessageCountChangedByFilter?(filter: ConversationFilter, count: number): void;
  onConversationGroupCreated?(groupName: string, conversationList: ConversationOf<F>[]): void;
  onConversationGroupDeleted?(groupName: string): void;
  onConversationGroupNameChanged?(oldName: string, newName: string): void;
  onConversationsAddedToGroup?(groupName: string, conversationList: ConversationOf<F>[]): void;
  onConversationsDeletedFromGroup?(groupName: string, conversationList: ConversationOf<F>[]): void;
}

export interface PageOptions {
  nextSeq?: string;
  /** At most 500. */
  count?: number;
  filter?: ConversationFilter;
}

export interface ConversationPage<F extends Format = "native"> {
  conversationList: ConversationOf<F>[];
  nextSeq: string;
  isFinished: boolean;
}

/** Further filters are in the API's documentation. */
export interface ConversationFilter {
  conversationType?: 0 | 1 | 2;
  /** "" selects conversations in no group. */
  conversationGroup?: string;
  markType?: Integer | string;
  hasUnreadCount?: boolean;
  hasGroupAtInfo?: boolean;
  isPinned?: boolean;
  isMuted?: boolean;
  hasDraft?: boolean;
  search?: string;
}

export interface ReadPosition {
  /** One to one: epoch seconds. */
  cleanTimestamp?: number;
  /** Groups: the sequence number of a message. */
  cleanSequence?: Integer;
}

/** What became of one conversation of a call for several. */
export interface Result {
  conversationID: string;
  /** 0, or an error code. */
  resultCode: number;
  resultInfo: string;
}

/** V2TIMConversation. */
export interface Conversation {
  conversationID: string;
  type: 1 | 2;
  userID: string | null;
  groupID: string | null;
  groupType: string | null;
  showName: string;
  faceUrl: string;
  recvOpt: 0 | 1 | 2 | 3 | 4;
  unreadCount: number;
  draftText: string;
  draftTimestamp: number;
  isPinned: boolean;
  orderkey: Integer;
  groupAtInfoList: { seq: string; atType: 1 | 2 | 3 }[];
  customData: string;
  c2cReadTimestamp: number;
  groupReadSequence: Integer;
  markList: Integer[];
  conversationGroupList: string[];
  /** V2TIMMessage, with the keys that it came with. */
  lastMessage: Record<string, any> | null;
}

/** A conversation of Tencent's Web SDK. */
export interface WebConversation {
  conversationID: string;
  type: "C2C" | "GROUP";
  subType: string;
  userProfile?: { userID: string; nick: string; avatar: string };
  groupProfile?: { groupID: string; name: string; avatar: string; type: string };
  remark: string;
  messageRemindType: "AcceptAndNotify" | "AcceptNotNotify" | "Discard";
  isMuted: boolean;
  unreadCount: number;
  isPinned: boolean;
  groupAtInfoList: { messageSequence: Integer; atTypeArray: number[] }[];
  markList: Integer[];
  customData: string;
  conversationGroupList: string[];
  draftText: string;
  draftTimestamp: number;
  lastMessage: WebLastMessage;
}

/** Without a message lastTime is 0. */
export interface WebLastMessage {
  lastTime: number;
  lastSequence: Integer;
  fromAccount: string;
  nick: string;
  nameCard: string;
  /** "TIMTextElem" and so on. */
  type: string;
  payload: Record<string, any> | null;
  /** A preview in the browser's language. */
  messageForShow: string;
  isRevoked: boolean;
  revoker: string | null;
  isPeerRead: boolean;
  cloudCustomData: string;
  [key: string]: any;
}

/**
 * A call that failed: the SDK's `code` and `desc`, the HTTP status, 0 where there was no answer, and the seconds after which
 * the server asks to try again (with 429 and 503), 0 where it does not say.
 */
export class ImsiteError extends Error {
  readonly code: number;
  readonly desc: string;
  readonly status: number;
  readonly retryAfter: number;
}

/** The client's own codes; all others are the server's. */
export const Code: {
  readonly TIMEOUT: 6012;
  readonly CLOSED: 6013;
  readonly INVALID_PARAMETER: 6017;
  readonly UNREADABLE_ANSWER: 9502;
  readonly NETWORK: 9508;
  readonly SERVER_ERROR: 50004;
};

/** JSON.parse() with bigint for whole numbers beyond 2^53. */
export function parse(text: string): any;
/** JSON.stringify() of values that may hold bigint. */
export function stringify(value: unknown): string;
