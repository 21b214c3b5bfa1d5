"""
Addresses: the text of one, cut into district, town, village, road and number.

Nothing is looked up here; `geocode` knows the places. A name counts only where it stands whole:
青龙小学 is no address in 青龙村.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .cells import INVISIBLE

TRADITIONAL = str.maketrans(
    "飛來峽鎮鄉區縣廣東遠龍鳳橋園門灣島嶺岡崗馬烏雞鴨鵝魚銀鐵錦長連運過達還邊華葉藍蓮蘆莊萬豐農業學樓廳館圖書體"
    "醫藥衛護產廠號樂藝術團場壩塢聲寶實寧審對將專屬嶼師廟慶應懷戶歲歸歷氣漢漁準滙潔潭澤濟濱瀝灘爐爾環畫當發盡監盤"
    "確禮禪種積穩筆紅約純級細終組結給絡統絲經綠維網綜線練總織羅義習聖聯職聽興舊艦蘇蘭虛蟲衝補裏見規視親覺觀計訂記"
    "訓設許訪評詩話誠誌調談論諾謝證議讀變財責貢貨質賀資賓賢賴贊趙軍軟輕輝輪轉辦進遊鄒鄧鄭鄰釋針錢鋼鋁錄鍋鍾鎖鏡鐘"
    "開間閣閘關陰陳陸陽隊階際隨險雙雜離難電雲霧靈靜頂項順預領頭題額風飯駐駕騎驛驗鮮鳥鳴鴻鵬鶴鷹鹽麥黃點黨齊齡龜國"
    "灣臺衆會動務勝勞協單壇壯夢奧導層愛慣擴據無獎獻現瓊監筍節範紀紡紹綫繞群腳與舉舖處視試語誼豬貝費輸選遺鄔醬鈞鋪",
    "飞来峡镇乡区县广东远龙凤桥园门湾岛岭冈岗马乌鸡鸭鹅鱼银铁锦长连运过达还边华叶蓝莲芦庄万丰农业学楼厅馆图书体"
    "医药卫护产厂号乐艺术团场坝坞声宝实宁审对将专属屿师庙庆应怀户岁归历气汉渔准汇洁潭泽济滨沥滩炉尔环画当发尽监盘"
    "确礼禅种积稳笔红约纯级细终组结给络统丝经绿维网综线练总织罗义习圣联职听兴旧舰苏兰虚虫冲补里见规视亲觉观计订记"
    "训设许访评诗话诚志调谈论诺谢证议读变财责贡货质贺资宾贤赖赞赵军软轻辉轮转办进游邹邓郑邻释针钱钢铝录锅钟锁镜钟"
    "开间阁闸关阴陈陆阳队阶际随险双杂离难电云雾灵静顶项顺预领头题额风饭驻驾骑驿验鲜鸟鸣鸿鹏鹤鹰盐麦黄点党齐龄龟国"
    "湾台众会动务胜劳协单坛壮梦奥导层爱惯扩据无奖献现琼监笋节范纪纺绍线绕群脚与举铺处视试语谊猪贝费输选遗邬酱钧铺",
)
"""Traditional characters that stand in names of places, facilities and offices."""

SEPARATORS = re.compile(r"(?:[^\w\-#&+·]|_)+")
HYPHENS = re.compile(r"[‐‑‒–—―−]")

TOKEN = re.compile(r"[^省市区县镇乡街村\d ]{2,7}?(省|自治区|市(?!场)|(?<![社小园校景片])区|县)")
"""A province, city, district or county as it is written in full."""
LEVELS = {"省": 0, "自治区": 0, "市": 1, "区": 2, "县": 2}

TOWN_WORDS = ("街道办事处", "人民政府", "街道办", "街道", "镇政府", "镇", "乡", "街")
TOWN_SUFFIX = re.compile(r"(街道|镇|乡)$")

RESIDENTS = (
    "社区居民委员会", "社区居委会", "社区居委", "居民委员会", "居委会", "居委", "社区",
)  # fmt: skip
VILLAGERS = (
    "村村民委员会", "村村委会", "村民委员会", "村委会", "村委", "行政村", "村",
)  # fmt: skip
COMMITTEES = {"residents": RESIDENTS, "villagers": VILLAGERS}
CORE_CHARACTERS = 2
"""What is left of a name without its generic word bears at least so many characters."""

NUMBER = r"\d++(?:-\d++)*+"
DOOR = re.compile(rf"([^\d ]{{2,12}}?)({NUMBER})(?:号|$)")
TAIL = re.compile(
    rf"(?: |旁边?|对面|附近|隔壁|斜对面|内|里面?|外|处|门口|门前|院内|校内|大院|大楼|办公楼|首层|"
    rf"[东南西北前后左右]+[侧面边]|[一二三四五六七八九十\d]+[楼层]|[a-z]?{NUMBER}(?:号|座|栋|幢|室|单元|楼|层)*+)*+"
)
"""What may follow the name of a place without making it another place."""

GENERIC = re.compile(
    r"(?:公共|综合|文化|社区|村|镇|街道?|乡|中心|第?[一二三四五六七八九十\d]++|党群|服务|卫生|便民|农家|老人|活动|"
    r"人民|新|老|旧|大|小|中|小学|中学|学校|幼儿园|医院|诊所|门诊部?|药店|站|室|所|点|部|厅|公厕|厕所|停车场?|"
    r"超市|市场|菜|商店|便利店|饭店|餐厅|银行|加油|派出|邮局|广场|公园|球场|篮球|足球|体育|馆|祠堂|政府|办事处|"
    r"居委会?|村委会?|民委员会|居|书屋|图书|宿舍|楼|食堂|礼堂|戏台|牌坊|凉亭|亭|仓库|厂|房|门|区|路)+"
)
"""Names that say what a place is, not which."""
SPLITTERS = re.compile(
    r"社区|居民委员会|居委会?|村民委员会|村委会?|行政村|村|小学|中学|学校|[路街巷]| |\d"
)
STEM_CHARACTERS = 6


def normalise(text: str) -> str:
    """
    Return what addresses are compared by.

    NFKC, simplified, lower case, no white space; punctuation is one space, for it ends a name.
    """
    plain = unicodedata.normalize("NFKC", text.translate(INVISIBLE)).casefold()
    plain = HYPHENS.sub("-", "".join(plain.split())).translate(TRADITIONAL)
    return SEPARATORS.sub(" ", plain).strip()


@dataclass(frozen=True)
class Reading:
    """
    One way to read the beginning of an address.

    Parameters
    ----------
    town
        Code of the town that it names; empty where it names none.
    rest
        What follows the town.
    whole
        The same with the town: some names bear it.
    """

    town: str
    rest: str
    whole: str


def districts(text: str) -> dict[int, str]:
    """Return province, city and county that a text names, by level 0 to 2."""
    return {LEVELS[match[1]]: match[0] for match in TOKEN.finditer(normalise(text))}


def _starts(text: str, known: Mapping[int, str]) -> Iterator[int]:
    """Yield where a town or village may begin: after each part of the chain above it."""
    at, level = 0, -1
    yield at
    while True:
        bare = [
            (i, len(name) - 1)
            for i, name in known.items()
            if i > level and text.startswith(name[:-1], at) and not text.startswith(name, at)
        ]
        if match := TOKEN.match(text, at):
            deeper = LEVELS[match[1]]
            if deeper > level and known.get(deeper, match[0]) == match[0]:
                at, level = match.end(), deeper
                at += text.startswith(" ", at)
                yield at
                continue
        if not bare:
            return
        level, at = bare[0][0], at + bare[0][1]
        yield at


def readings(text: str, towns: Mapping[str, str], known: Mapping[int, str]) -> list[Reading]:
    """
    Read the beginning of a normalised address, likeliest first.

    Parameters
    ----------
    text
        From `normalise`.
    towns
        Town codes by spelling, from `town_spellings`.
    known
        Province, city and county of the study, from `districts`; another one is not passed over.
    """
    named, bare = [], []
    for at in _starts(text, known):
        whole = text[at:]
        spelling = next(
            (whole[:n] for n in range(min(len(whole), 16), 1, -1) if whole[:n] in towns), None
        )
        if spelling is None:
            bare.append(Reading("", whole, whole))
            continue
        rest = whole[len(spelling) :].lstrip(" ")
        while rest.startswith(spelling):
            rest = rest[len(spelling) :].lstrip(" ")
        named.append(Reading(towns[spelling], rest, whole))
    return named or bare


def town_spellings(names: Mapping[str, str]) -> dict[str, str]:
    """
    Return town codes by what an address may call a town, from names by code.

    The kind may have changed: 洲心镇 became 洲心街道. A spelling that means two towns is left out.
    """
    meant: dict[str, set[str]] = {}
    own: dict[str, set[str]] = {}
    for town, name in names.items():
        full = normalise(name)
        stem = TOWN_SUFFIX.sub("", full)
        own.setdefault(full, set()).add(town)
        if len(stem) >= CORE_CHARACTERS and stem != full:
            for word in TOWN_WORDS:
                meant.setdefault(stem + word, set()).add(town)
    meant.update(own)
    return {spelling: next(iter(towns)) for spelling, towns in meant.items() if len(towns) == 1}


def village_name(name: str) -> tuple[str, str]:
    """Return a village's or community's name without the generic word, and its committee."""
    plain = normalise(name)
    for committee, words in COMMITTEES.items():
        for word in words:
            if plain.endswith(word) and len(plain) - len(word) >= CORE_CHARACTERS:
                return plain.removesuffix(word), committee
    return plain, ""


def village_spellings(name: str) -> Iterator[tuple[str, bool]]:
    """
    Yield what an address may call a village or community; true where the kind is right too.

    青龙村委会 is 青龙村, 青龙村民委员会, but also 青龙社区 and 青龙, if nothing else is called so.
    """
    core, committee = village_name(name)
    yield normalise(name), True
    for kind, words in COMMITTEES.items():
        for word in words:
            yield core + word, kind == committee
            if core.endswith("村") and word.startswith("村"):
                yield core.removesuffix("村") + word, kind == committee
    yield core, not committee


def ends_name(spelling: str, rest: str) -> bool:
    """Tell whether a name of a village ends where its spelling does, given what follows."""
    if not rest or rest[0] == " " or rest[0].isdigit():
        return True
    generic = any(spelling.endswith(word) for words in COMMITTEES.values() for word in words)
    return generic and not rest.startswith(("镇", "会", "委"))


def stem(rest: str) -> str:
    """Return the first name in a text, whatever it is: what misspelt names are compared by."""
    for part in SPLITTERS.split(rest):
        if len(part) >= CORE_CHARACTERS:
            return part[:STEM_CHARACTERS]
    return ""
