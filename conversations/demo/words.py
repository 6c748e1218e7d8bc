"""Names and texts of the demo, in Chinese and English."""

# Romanised for IDs; a person's name is family name first in Chinese.
FAMILY_NAMES = (
    ("wang", "王"), ("li", "李"), ("zhang", "张"), ("liu", "刘"), ("chen", "陈"), ("yang", "杨"), ("zhao", "赵"),
    ("huang", "黄"), ("zhou", "周"), ("wu", "吴"), ("xu", "徐"), ("sun", "孙"), ("hu", "胡"), ("lin", "林"),
    ("he", "何"), ("guo", "郭"),
)  # fmt: skip
CHINESE_NAMES = (
    ("fang", "芳"), ("na", "娜"), ("min", "敏"), ("jing", "静"), ("lei", "磊"), ("jun", "军"), ("yang", "洋"),
    ("yong", "勇"), ("yan", "艳"), ("jie", "杰"), ("ting", "婷"), ("haoran", "浩然"), ("zihan", "子涵"),
    ("yuxuan", "雨轩"), ("mengyao", "梦瑶"), ("siyuan", "思远"), ("jiayi", "佳怡"), ("tianyu", "天宇"),
    ("xinyi", "欣怡"), ("ruoxi", "若曦"),
)  # fmt: skip
ENGLISH_NAMES = (
    "Amelia", "Ben", "Chloe", "Daniel", "Ella", "Felix", "Grace", "Harry", "Isla", "Jack", "Katie", "Liam", "Maya", "Noah",
    "Olivia", "Priya", "Quinn", "Ruby", "Sam", "Tara", "Uma", "Victor", "Wendy", "Xavier", "Yasmin", "Zoe",
)  # fmt: skip
SURNAMES = (
    "Adams", "Brown", "Clark", "Davies", "Evans", "Fisher", "Green", "Hughes", "Khan", "Lewis", "Morgan", "Nolan", "Owen",
    "Patel", "Reid", "Shaw", "Turner", "Walsh",
)  # fmt: skip

TEXTS = (
    "Good morning! Are you free for a quick call at 10?",
    "早上好，十点方便通个电话吗？",
    "The invoice went out yesterday, please check your inbox.",
    "发票昨天已经寄出了，请查收。",
    "Thanks, that fixed it 👍",
    "谢谢，已经好了👍",
    "Could you send me the tracking number?",
    "麻烦发一下快递单号",
    "Running 10 minutes late, sorry!",
    "路上堵车，晚到十分钟，不好意思",
    "See you on Friday then.",
    "那周五见～",
    "I pushed the fix to the branch; tests are green.",
    "代码已经合并，测试都过了。",
    "Happy birthday! 🎂🎉",
    "生日快乐！🎂🎉",
    "Who can take the night shift on Saturday?",
    "周六晚班谁可以上？",
    "Lunch? The noodle place has a new menu.",
    "中午吃面吗？楼下那家出新菜单了",
    "The meeting moved to room 3B.",
    "会议改到3B会议室了",
    "Is the blue one still in stock? Size 38.",
    "蓝色的38码还有货吗？",
    "Please restart the app and try once more.",
    "请重启应用再试一次",
    "他说“明天见”，然后就下线了 😂",
    'She wrote "back in 5" an hour ago…',
    "https://www.example.com/orders/90017?from=chat&lang=zh",
    "OK",
    "好的",
    "收到",
)
DRAFTS = ("I was thinking, maybe we could", "关于昨天说的那件事，我觉得", "Dear customer, we are", "稍后回复你", "@Ben can you")
MERGED_TITLES = ("Chat history of the project group", "项目群的聊天记录", "Bob 与 Alice 的聊天记录")
PLACES = (
    ("深圳市南山区深南大道10000号", 113.935, 22.541),
    ("上海市浦东新区世纪大道100号", 121.506, 31.236),
    ("10 Downing Street, London", -0.1276, 51.5034),
    ("Marina Bay, Singapore", 103.8607, 1.2823),
)
FILES = (("周报-第21周.docx", 48_213), ("Quote 2026-118.pdf", 310_552), ("需求说明 v3.xlsx", 96_004), ("logs.zip", 5_204_118))
FACES = ("[OK]", "[微笑]", "[赞]", "[Heart]")
CUSTOM = (
    ("order card", '{"kind":"order","id":90017,"total":"¥128.00"}'),
    ("red packet", '{"kind":"red_packet","greeting":"恭喜发财"}'),
    ("call", '{"kind":"call","seconds":312,"video":true}'),
)
RECALL_REASONS = ("", "wrong chat", "发错群了")

# ID, name, type. The IDs are of the forms that the cloud assigns, also for communities and topics, and that apps choose.
GROUPS = (
    ("@TGS#2J4SZEAEL", "产品项目组", "Work"),
    ("@TGS#2K7QWERTY", "Product launch", "Work"),
    ("@TGS#1AB3CDEFG", "客服一组", "Work"),
    ("family_wang", "幸福一家人", "Work"),
    ("design team/2026", "Design team 2026", "Work"),
    ("ops.on-call", "Ops on call", "Work"),
    ("night shift, week 21", "Night shift, week 21", "Work"),
    ("@TGS#3PUBLICRUN", "城市夜跑", "Public"),
    ("book_club", "Book club", "Public"),
    ("photo+video", "摄影爱好者", "Public"),
    ("q&a?", "Questions & answers", "Public"),
    ("50% off", "今日特惠 50% off", "Public"),
    ("class:2019(3)", "2019级3班", "Public"),
    ("@TGS#4MEETING01", "Weekly all-hands", "Meeting"),
    ("webinar-0528", "在线培训 0528", "Meeting"),
    ("@TGS#_@TGS#cJVJ5LIM62CH", "Indie makers", "Community"),
    ("@TGS#_makers@TOPIC#_intro", "Indie makers · introductions", "Community"),
    ("@TGS#_makers@TOPIC#_help", "Indie makers · 求助", "Community"),
)
NUMBERED_GROUPS = (
    ("project_%d", "Project %d", "Work"), ("order_%d", "订单 %d 售后群", "Work"), ("trip_%d", "周末出游 %d", "Public"),
    ("store_%d", "Store %d", "Public"),
)  # fmt: skip
CONVERSATION_GROUPS = ("客户", "work", "家人", "VIP")
