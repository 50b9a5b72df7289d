"""Made-up sentences, names and smileys: Chinese, English, emoji, and what breaks programs."""

CHINESE = (
    ("今天", "明天", "昨晚", "周末", "下班以后", "刚才", "下个月", "春节前", "等会儿", "国庆"),
    ("我", "我们", "老妈", "小明", "老板", "隔壁的狗", "快递员", "陈老师", "物业", "你表哥"),
    ("想去", "去了", "又忘了去", "打算去", "说好了去", "不想去", "终于到了", "路过", "约在", "堵在"),
    ("西湖", "公司", "医院", "南站", "菜市场", "图书馆", "外婆家", "海边", "机场", "健身房"),
    ("吃火锅", "开会", "看电影", "办签证", "买西红柿", "跑步", "签合同", "看日出", "修电脑", "接孩子"),
    ("。", "！", "？", "……", "😂", "👍🏽", "，你呢？", "，记得带伞 ☔️", "，哈哈哈哈", "[捂脸]", "[呲牙]", "/::)", "[Smile]"),
)
ENGLISH = (
    ("Today", "Tomorrow", "Honestly,", "By the way,", "Last night", "On Sunday", "As usual,", "Next week"),
    ("I", "we", "Oliver", "the neighbour's cat", "my sister", "the whole team", "nobody", "the landlord"),
    ("forgot", "found", "booked", "painted", "lost", "finally fixed", "photographed", "signed"),
    ("the bicycle", "two tickets", "the contract", "a strange key", "the kitchen", "the train", "the invoice"),
    ("near the river", "for less than 20 €", "without telling anyone", "at 7:30 sharp", "again", "in the rain"),
    (".", "!", "?", " 🎉", " :-)", " — can you believe it?", " 👨‍👩‍👧‍👦", " (see you there)", ", right?"),
)
SHORT = ("好的", "嗯嗯", "收到", "OK", "哈哈", "👌", "在吗", "到了", "谢谢", "[强]", "666", "好", "晚安🌙", "/:rose", "Yes", "？")

# Each of these has broken somebody's reader: a false sender prefix, markup in plain text, smileys glued to words,
# several lines, invisible marks, other scripts, old private-use emoji, quotes and backslashes.
TRICKY = (
    "注意:\n明天九点集合",
    "wxid_nobody:\n这不是前缀",
    "<msg>这不是 XML & 也不是 &amp; 实体</msg>",
    "a < b && c > d \"quoted\" 'single' \\ back\\slash \\n",
    "[微笑][撇嘴][色]连着三个[发呆]，再来一个 /::D/::)",
    "第一行\n第二行\r\n第三行\n\n最后一行",
    "零\u200b宽\u200d字\ufeff符 and \u202eright-to-left\u202c",
    "العربية مع 中文 and English עברית",
    "ひらがな カタカナ 한국어 ไทย हिन्दी",
    "\ue415 \ue056 old private-use smileys",
    "𠮷野家 👩🏽‍🚒 🏳️‍🌈 🇨🇳 é é",
    "100% {json: \"值\"} [a](b) `code` <br/> $name$",
    "   前后有空格   ",
    "https://example.com/路径?a=1&b=%E4%BD%A0#锚点 看这个",
    "表格\t用\t制表符",
    "'; DROP TABLE message; --",
)

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玲斌波辉雪梅宁琳晨雨欣怡子轩浩然梓涵"
FIRST = ("Emma", "Oliver", "Noah", "Mia", "Lucas", "Hana", "Ivan", "Zoë", "Søren", "Chloé", "Priya", "Kenji")
LAST = ("Müller", "O'Brien", "Kowalski", "Tanaka", "García", "Smith", "Nováková", "Haddad", "Ng", "Olsen")
DECORATION = ("", "", "", "", "", "", "🌸", "ﾟ", " 🐱", "～", "｡", "✨")
ODD_NAMES = ("老王/隔壁", "..", "CON", "A:B*C?", "名字很长" * 20, " 空格 ", "محمد", "x" * 90, "Tab\tName", "👨‍👩‍👧‍👦", "a\\b",
             "-rf")
GROUP_NAMES = ("相亲相爱一家人", "周末骑行 🚴", "项目 A 前端", "小区业主群", "大学室友", "Book club", "吃货联盟", "Team Prague",
               "幼儿园家长群", "同学会 2008", "跑步打卡", "租房信息", "Climbing & Coffee", "值班表", "读书会", "股票交流")
LABELS = ("家人", "同事", "Friends abroad", "客户", "老同学")
PLACES = (("30.259244", "120.130742", "浙江省杭州市西湖区龙井路1号", "西湖风景名胜区"),
          ("39.865246", "116.378517", "北京市丰台区车站路", "北京南站"),
          ("50.087465", "14.421254", "Staroměstské nám., Praha", "Old Town Square"),
          ("-33.856784", "151.215297", "Bennelong Point, Sydney", "Opera House"))


def sentence(rng):
    """A sentence; six in ten Chinese."""
    pick = rng.random()
    choice = rng.choice
    if pick < 0.25:
        return choice(SHORT)
    if pick < 0.70:
        return "".join([choice(words) for words in CHINESE])
    if pick < 0.97:
        return " ".join([choice(words) for words in ENGLISH[:-1]]) + choice(ENGLISH[-1])
    return choice(TRICKY)


def paragraph(rng, sentences):
    """Several sentences, as in a note or an announcement."""
    return "\n".join(sentence(rng) for _ in range(sentences))


def chinese_name(rng):
    return rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))


def nickname(rng):
    """What people call themselves."""
    pick = rng.random()
    if pick < 0.6:
        return chinese_name(rng) + rng.choice(DECORATION)
    if pick < 0.9:
        return rng.choice(FIRST) + rng.choice(("", "", " " + rng.choice(LAST))) + rng.choice(DECORATION)
    return "阿" + rng.choice(GIVEN) + rng.choice(("", "👩‍💻", "@" + rng.choice(LAST)))


def identifier(rng, length, alphabet="abcdefghijklmnopqrstuvwxyz0123456789"):
    return "".join(rng.choices(alphabet, k=length))


def hexadecimal(rng, length):
    """Lower-case hexadecimal digits."""
    return f"{rng.getrandbits(4 * length):0{length}x}"
