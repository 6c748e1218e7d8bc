// The calls of each generated client.
#include "CppRestOpenAPIClient/api/ChangeApi.h"
#include "CppRestOpenAPIClient/api/ReadApi.h"
#include "CppRestOpenAPIClient/model/Problem.h"

#include <cstdio>
#include <iostream>

using namespace org::openapitools::client::api;
using namespace org::openapitools::client::model;

int main(int, char** arguments) {
    auto configuration = std::make_shared<ApiConfiguration>();
    configuration->setBaseUrl(arguments[1]);
    configuration->getDefaultHeaders()["Authorization"] = std::string("Bearer ") + arguments[2];
    auto client = std::make_shared<ApiClient>(configuration);
    const std::string owner = arguments[3];
    const auto none = boost::none;
    ReadApi read(client);
    ChangeApi change(client);

    auto group = read.getConversation("group_@TGS#2J4SZEAEL", none, none, none, none, owner, none).get();
    std::cout << group->getConversationID() << " " << group->getShowName() << " " << group->getGroupType() << "\n";
    auto input = std::make_shared<LookupInput>();
    input->setConversationIDList({"group_a, b/2026", "c2c_nobody", "c2c_bob"});
    auto found = read.getConversationList(input, none, none, none, owner).get();
    const char* before = "";
    for (const auto& conversation : found->getConversationList()) {
        std::cout << before << conversation->getConversationID();
        before = "|";
    }
    std::cout << "\n" << found->getUnresolved()[0]->getResultCode() << "\n";
    try {
        read.getConversation("c2c_nobody", none, none, none, none, owner, none).get();
    } catch (const ApiException& error) {
        Problem problem;
        problem.fromJson(web::json::value::parse(*error.getContent()));
        std::cout << problem.getCode() << " " << problem.getDesc() << "\n";
    }
    auto mark = std::make_shared<MarkInput>();
    mark->setConversationIDList({"c2c_bob"});
    mark->setMarkType("9223372036854775808");
    mark->setEnableMark(true);
    std::cout << change.markConversation(mark, owner).get()->getResults()[0]->getResultCode() << "\n";
    auto pinned = change.pinConversation("group_@TGS#2J4SZEAEL", none, owner).get();
    std::cout << (pinned->isIsPinned() ? "true" : "false") << "\n";
    auto bob = read.getConversation("c2c_bob", none, none, none, none, owner, none).get();
    const double bit = bob->getMarkList()[0];
    std::printf("%.0f %s\n", bit, static_cast<unsigned long long>(bit) == 1ULL << 63 ? "true" : "false");
    std::cout << (bob->groupTypeIsSet() ? bob->getGroupType() : "null") << " " << bob->getLastMessage()->getTextElem()->getText() << "\n";
}
