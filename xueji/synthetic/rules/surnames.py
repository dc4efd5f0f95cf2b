"""Surnames of the Han and of the peoples that use Han surnames, with their frequency.

The first hundred follow the shares that the Ministry of Public Security and the
surname research of the Academy of Sciences have published (per cent of the
population, rounded); the others fall off along the same curve. Compound surnames
together are well below one in a thousand, as in the population.
"""

from __future__ import annotations

from functools import cache

# Surname and its share in per cent.
PUBLISHED = """
王7.25 李7.19 张6.83 刘5.38 陈4.53 杨3.08 黄2.23 赵2.29 吴2.05 周2.12 徐1.67 孙1.54 马1.29 朱1.26 胡1.31 郭1.15
何1.17 林1.13 高1.10 罗0.95 郑0.93 梁0.85 谢0.72 宋0.81 唐0.67 许0.66 韩0.68 邓0.62 冯0.64 曹0.61 彭0.58 曾0.58
肖0.59 田0.52 董0.61 潘0.48 袁0.54 蔡0.53 蒋0.48 余0.48 于0.62 杜0.53 叶0.42 程0.57 魏0.45 苏0.47 吕0.47 丁0.42
任0.42 卢0.47 姚0.36 沈0.50 钟0.38 姜0.39 崔0.38 谭0.38 陆0.36 范0.36 汪0.40 廖0.37 石0.35 金0.37 韦0.31 贾0.36
夏0.35 付0.44 方0.35 邹0.34 熊0.31 白0.31 孟0.32 秦0.32 邱0.31 侯0.31 江0.31 尹0.30 薛0.30 闫0.31 段0.28 雷0.27
龙0.25 黎0.25 史0.25 陶0.24 贺0.25 毛0.25 郝0.24 顾0.24 龚0.24 邵0.24 万0.23 覃0.22 武0.22 钱0.22 戴0.22 严0.21
莫0.21 孔0.20 向0.20 常0.20 汤0.19 康0.18 易0.18 乔0.18 赖0.18 文0.18 樊0.17 兰0.17 殷0.16 施0.16 洪0.16 翟0.15
安0.15 颜0.15 倪0.15 牛0.14 温0.14 芦0.14 季0.14 俞0.13 章0.13 鲁0.13 葛0.13 伍0.13 申0.12 尤0.12 毕0.12 聂0.12
柴0.11 焦0.11 霍0.11 岳0.11 左0.11 柳0.11 欧0.10 祝0.10 涂0.10 纪0.10 成0.10 舒0.09 阮0.09 游0.09 梅0.09 符0.09
"""

# The rest in falling order of frequency.
RARER = (
    "关齐蓝凌卓沙穆裴路童饶宁单项包齐曲阳詹华苗骆盛靳冉祁邢柯辛管谷房卫冷苑尚耿甘褚简解邬车牟窦桂查连景巩佘付商佟池仇"
    "应屈娄席苟荆费宫楚边尧慕时封滕全蒲仲濮晏闵胥习党米占明支宗敖计匡敬班艾郎阎甄鞠粟卞芮鄢仝晁寇冀臧匡蔺虞迟丛"
    "银麦师邝桑原厉花卜娜门糜阚鹿刁戚都蒙宦茅郁宣鲍花苍浦裘缪戈干经裴水惠储麻吉双闻闻翁羿羊印宿池乔阴仓暴斜戎"
    "邴巴弓牧隗山谷班仰秋仲伊宫宁仇甘厉祖符束幸司韶郜薄宓蓬郗嵇岑薛滑糜隆养巢蒯相后逄卿亓缑亢况郈闾勾敖"
)

COMPOUND = (
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 慕容 令狐 司徒 夏侯 公孙 端木 长孙 宇文 闻人 轩辕 万俟 南宫 独孤"
)
COMPOUND_SHARES = (46, 14, 8, 7, 2, 4, 2, 2, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1)
COMPOUND_TOTAL = 0.10  # per cent of the population


def _published() -> dict[str, float]:
    return {item[0]: float(item[1:]) for item in PUBLISHED.split()}


@cache
def shares() -> dict[str, float]:
    """Return the relative frequency of each surname, most frequent first; the sum is 1."""
    found = _published()
    rank = published = len(found)
    for surname in RARER:
        if surname not in found:
            # Beyond the published hundred and a half, frequency falls with about the square of the rank.
            found[surname] = 0.085 * (published / rank) ** 2.2
            rank += 1
    total = sum(COMPOUND_SHARES)
    for surname, share in zip(COMPOUND.split(), COMPOUND_SHARES, strict=True):
        found[surname] = COMPOUND_TOTAL * share / total
    whole = sum(found.values())
    return {surname: share / whole for surname, share in found.items()}


# Surnames that are more frequent in some provinces than in the whole: factor on the share.
REGIONAL: dict[str, dict[str, float]] = {
    "33": dict.fromkeys("陈沈俞章施金项郑叶林周蒋夏洪", 2.0) | {"王": 0.8, "李": 0.6},
    "35": dict.fromkeys("林陈黄郑蔡许苏洪庄赖", 3.0) | {"王": 0.5, "李": 0.5, "刘": 0.5},
    "37": dict.fromkeys("王孙于孔曲姜", 1.6),
    "44": dict.fromkeys("陈黄梁林冯邓麦关欧", 2.6) | {"王": 0.3, "刘": 0.6, "赵": 0.3},
    "45": dict.fromkeys("黄韦覃梁莫农蓝蒙", 3.5) | {"王": 0.4},
    "46": dict.fromkeys("陈王符吴林黎", 2.2) | {"李": 0.8},
    "51": dict.fromkeys("杨何唐罗冯邓曾蒲苟税", 1.5),
    "50": dict.fromkeys("杨何唐罗谭冉向", 1.6),
    "36": dict.fromkeys("刘熊曾邹饶万涂", 2.0),
    "43": dict.fromkeys("刘彭周谭龙易向", 2.0),
    "64": dict.fromkeys("马杨金白", 3.0),
    "65": dict.fromkeys("马张李", 1.2),
    "22": dict.fromkeys("王于孙", 1.3),
}
