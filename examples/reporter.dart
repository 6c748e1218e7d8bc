// Report the conversations that the SDK shows, with the user's own UserSig.
import 'dart:convert';
import 'dart:io';

import 'package:tencent_cloud_chat_sdk/enum/V2TimConversationListener.dart';
import 'package:tencent_cloud_chat_sdk/models/v2_tim_conversation.dart';
import 'package:tencent_cloud_chat_sdk/tencent_im_sdk_plugin.dart';

class Reporter {
  Reporter(this.server, this.userSig);

  final String server; // such as https://im.example.org
  final String userSig;
  final _manager = TencentImSDKPlugin.v2TIMManager.getConversationManager();

  /// Call once after login: report the whole list, then every change.
  Future<void> start() async {
    await _manager.addConversationListener(
        listener: V2TimConversationListener(onNewConversation: report, onConversationChanged: report));
    var nextSeq = '0';
    var isFinished = false;
    while (!isFinished) {
      final page = (await _manager.getConversationList(nextSeq: nextSeq, count: 100)).data;
      if (page?.conversationList?.isNotEmpty ?? false) await report(page!.conversationList!);
      nextSeq = page?.nextSeq ?? '0';
      isFinished = page?.isFinished ?? true;
    }
  }

  /// Send up to 100 conversations. The response is a 200 with a result for each of them.
  Future<void> report(List<V2TimConversation?> conversations) async {
    final objects = [
      for (final conversation in conversations)
        if (conversation != null) conversation.toJson()
    ];
    final request = await HttpClient().postUrl(Uri.parse('$server/api/v1/conversations/report/'));
    request.headers.set('Authorization', 'Bearer $userSig');
    request.headers.contentType = ContentType.json;
    request.write(jsonEncode({'conversationList': objects}));
    await (await request.close()).drain();
  }
}
