"""The made-up history of Tools/benchmark: JSON Lines, and media of random bytes. The same parameters give the same bytes.

A few conversations have most messages, as people's do. A conversation lasts as many months as keep 125 messages or more in
a month, at the end of the years; half of a message's words are Chinese, half English, and it has 67 bytes of text or so.
"""
import datetime
import json
import os
import random

ZONE = datetime.timezone(datetime.timedelta(hours=8))
END = 2024  # the first year that is no longer in the history
A_MONTH = 125
PICTURES, PICTURE_SHARE, VIDEO = (40_000, 400_000), 0.7, 30_000_000

CHARACTERS = ("的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看"
              "起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两"
              "次使身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相西果走将月十实向声车全信重三机工物气每并别真打太新比才便夫"
              "再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处让母父应直字场平报友关放"
              "至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻目条呢")
CHINESE = "合同 西湖 周末 一起 吃饭 照片 收到 好的 谢谢 高铁 车站 客户 报价 发票 明天 下班 会议 快递 医院 生日".split()
ENGLISH = ("lunch contract meeting tomorrow project invoice train station please thanks about before after because would could "
           "should there where which their garden kitchen bicycle ticket number question answer morning evening weekend "
           "something nothing everybody call send bring forget remember maybe really almost together street house river paper "
           "letter picture doctor teacher friend brother sister mother father neighbour landlord office market coffee bread "
           "water winter summer monday friday early later never always often again around between without under over price").split()


def vocabulary(rng):
    """Words and how often they come: few often, most rarely, as in speech."""
    words = CHINESE + ENGLISH
    words += ["".join(rng.choices(CHARACTERS, k=rng.choice((2, 2, 2, 3)))) for _ in range(2500)]
    words += ["".join(rng.choices("aeioustrnlmdcpbghkvwy", k=rng.randint(4, 9))) for _ in range(1200)]
    rng.shuffle(words)
    common = CHINESE[:1]  # what is searched for by default comes in one message of some hundred
    words = [word for word in words if word not in common]
    words.insert(400, common[0])
    total, cumulative = 0, []
    for rank in range(len(words)):
        total += 1 / (rank + 8)
        cumulative.append(total)
    return words, cumulative


def month_start(months_before_end):
    year, month = divmod(END * 12 - months_before_end, 12)
    return int(datetime.datetime(year, month + 1, 1, tzinfo=ZONE).timestamp())


def title(number):
    return f"Conversation {number:04d}"


def make(folder, messages, media_bytes, conversations, years):
    """folder/all/history.jsonl with all/media, and folder/text/history.jsonl: the same messages without attachments."""
    rng = random.Random(7)
    words, cumulative = vocabulary(rng)
    for name in ("all/media", "text"):
        os.makedirs(os.path.join(folder, name))
    media = make_media(os.path.join(folder, "all"), rng, media_bytes, messages)
    with_media = dict(zip(sorted(rng.sample(range(messages), len(media))), media))
    weights = [1 / (n + 3) for n in range(conversations)]
    counts = [int(messages * weight / sum(weights)) for weight in weights]
    counts[0] += messages - sum(counts)
    done = 0
    with open(os.path.join(folder, "all/history.jsonl"), "w", encoding="utf-8") as everything, \
         open(os.path.join(folder, "text/history.jsonl"), "w", encoding="utf-8") as only_text:
        for number, count in enumerate(counts):
            head = {"conversation": {"id": f"bench:{number:04d}", "title": title(number), "kind": "group"}}
            months = max(1, min(years * 12, count // A_MONTH))
            begin, end = month_start(months), month_start(0)
            moments = sorted(rng.randrange(begin * 1000, end * 1000) for _ in range(count))
            for out in (everything, only_text):
                write(out, head)
            for k, moment in enumerate(moments):
                row = {"time": moment, "id": str(done + k), "from": f"bench:p{number * 3 + rng.randrange(4)}"}
                if done + k in with_media:
                    write(everything, row | with_media[done + k])
                    continue
                row["text"] = " ".join(rng.choices(words, cum_weights=cumulative, k=rng.randint(2, 16)))
                for out in (everything, only_text):
                    write(out, row)
            done += count


def write(out, row):
    out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def make_media(folder, rng, total, most):
    """Pictures, and videos for a third of the bytes; all different."""
    result, left = [], total
    video = min(VIDEO, int(total * (1 - PICTURE_SHARE)))
    while left > 0 and len(result) < most:
        is_video = video > 0 and left - video >= total * PICTURE_SHARE
        size = video if is_video else min(left, rng.randint(*PICTURES))
        kind, ending, start = ("video", "mp4", b"\0\0\0\x18ftypmp42") if is_video else ("image", "jpg", b"\xff\xd8\xff")
        path = f"media/{len(result):06d}.{ending}"
        with open(os.path.join(folder, path), "wb") as file:
            file.write(start)
            for begin in range(0, size - len(start), 1_000_000):
                file.write(rng.randbytes(min(1_000_000, size - len(start) - begin)))
        result.append({"kind": kind, "attachments": [{"path": path, "type": "video/mp4" if is_video else "image/jpeg"}]})
        left -= size
    return result


# A day later ---------------------------------------------------------------------------------------------------------

def later_messages(count):
    """(conversation's number, its message) of the first day after the history, for five conversations."""
    rng = random.Random(11)
    words, cumulative = vocabulary(rng)
    for k in range(count):
        number = k * 5 // count
        yield number, {"time": (month_start(0) + 3600 + k * 60) * 1000, "id": f"later{k}", "from": f"bench:p{number * 3}",
                       "text": " ".join(rng.choices(words, cum_weights=cumulative, k=9))}


def add_to_source(path, count):
    """The day's messages at the end of a JSON Lines file."""
    with open(path, "a", encoding="utf-8") as out:
        last = None
        for number, row in later_messages(count):
            if number != last:
                write(out, {"conversation": {"id": f"bench:{number:04d}"}})
            last = number
            write(out, row)


def later_folders(conversations):
    """Where the day's messages lie in a tree of message files."""
    names = sorted(os.listdir(conversations))[:5]
    return [os.path.join(conversations, name, f"{END}-01") for name in names]


def add_to_tree(conversations, count):
    """The day's messages as files, as a mount would show them."""
    folders = later_folders(conversations)
    for number, row in later_messages(count):
        folder = folders[number % len(folders)]
        os.makedirs(folder, exist_ok=True)
        moment = datetime.datetime.fromtimestamp(row["time"] / 1000, ZONE)
        with open(os.path.join(folder, f"{moment:%Y-%m-%d_%H-%M-%S}_{row['from'].replace(':', '_')}.txt"), "w",
                  encoding="utf-8") as out:
            out.write(row["text"] + "\n")


# Segments ------------------------------------------------------------------------------------------------------------

def cut_into_segments(history, folder):
    """The lines of each conversation and month in a file of its own: what chatark stores together."""
    segments, number = {}, None
    with open(history, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "conversation" in row:
                number = row["conversation"]["id"].replace(":", "_")
                continue
            month = f"{datetime.datetime.fromtimestamp(row['time'] / 1000, ZONE):%Y-%m}"
            segments.setdefault((number, month), []).append(line)
    for (number, month), lines in segments.items():
        with open(os.path.join(folder, f"{number}_{month}.jsonl"), "w", encoding="utf-8") as out:
            out.writelines(lines)
