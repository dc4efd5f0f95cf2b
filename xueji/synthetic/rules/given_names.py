"""Characters of Han given names by sex and birth years, and whole names in fashion.

Tables are read as "character weight", weight 1 when none is written. They restate in
rough weights what the yearly name reports (全国姓名报告) show: one-character names
peak among parents born in the 1980s, a few two-character names lead among children.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MALE, FEMALE = 1, 2


@dataclass(frozen=True)
class Fashion:
    """How the boys or the girls of some birth years are named."""

    first: str
    second: str
    single: str
    single_share: float
    whole: str = ""
    whole_share: float = 0.0


CHILD_BOY = Fashion(
    first="子9浩7俊6宇8梓8嘉5博4文4明3一6天4家3志2思3奕4昊4皓3泽4睿3铭3承2景3锦2若1沐5宸3辰2晨3佳1智2雨2瑞2逸2思2彦2翊1凯1"
    "建1国1伟1世1书2宏1晓1海1正1立1永1成1致1云1亦2煜2楷1炎1启2振1柏1",
    second="轩9宇9浩5涵3豪4杰5泽5辰6宸4睿5熙4航5然5博3文3阳4天2昊4霖3诺2晨4琪1恒3鑫3祺3逸2哲3瑞3铭3源3翔2洋2霆1琛1楠1凡3"
    "麟2淇1朗1均1懿1骏1峻1安3乐2心1行2远2泉1川1城2成2林2旭2鹏2飞1龙2强1辉1斌1佑1赫1煜1丞1",
    single="浩6睿5轩4昊4杰4涛3宇3博3鑫3磊2鹏2俊2翔2铭2恒2阳2航2晨2凯3龙2飞2斌1超2洋2宸2霖1锐1钰1",
    single_share=0.075,
    whole="沐宸9浩宇9沐辰8茗泽5奕辰8宇泽6浩然7奕泽5宇轩9沐阳6宇航6子轩5俊熙4子墨4一诺5博文5梓豪4梓轩5俊杰5天佑3子豪3",
    whole_share=0.17,
)
CHILD_GIRL = Fashion(
    first="梓9子5欣7雨7诗6语4佳5思5若5一7可4晓2雅3怡3静2嘉3紫3艺3馨3梦4心3婉2芷2依4沐3安2安1悦2玥2锦2书2舒1清1秋1美2晨2雪2"
    "慧2春1玉2海1文2明1星1乐1云1楚1羽1珂1亦1奕2婧1",
    second="涵9萱9怡7妍5彤6桐5琪6瑶5玥4悦4熙4汐4晗3琳4婷5欣5诺4彤2洁3妮2颖3雯3然2宁3雅2佳3慧2娜1菲2馨3媛2嫣1晨2蕊2静2月2墨1"
    "溪2玲2琴1芳1丽1艳1燕1娟1红1英1梅1兰1霞1茹1琦1柔1沫1心2依2宸1辰1茵1语2",
    single="欣5怡4婷5悦4颖4琪4雪3静3萱3涵3瑶3玥2妍3洁2慧2倩2彤2琳2佳2蕊2丹1",
    single_share=0.065,
    whole="一诺9依诺8欣怡9梓涵9诗涵8欣妍7雨桐7梓萱6可馨6佳怡6子涵6雨涵5诗琪5语桐5若汐4思涵4艺涵3紫涵4雨欣5静怡3",
    whole_share=0.18,
)
PARENT_MAN = Fashion(
    first="建8志7国6晓4永5海4文5春4小4明4少3金4俊3红2学3成3家3德3玉3光2世2宏3云2立2新2庆2正2振2天2东2伟3长2大2中1",
    second="军8华6平6强7辉4明6峰5勇4波4伟5龙4刚3林5斌4涛4飞3生4国3成3福3东4杰3荣3兵2良3忠2民2云2海3祥2松2全2清2根1才1新2",
    single="伟9强8磊7军8勇7涛7超6杰6鹏6波6斌6刚5辉5飞5峰6健4亮4浩4凯3鑫3宁2龙4帅3建3东3平2明3",
    single_share=0.30,
)
PARENT_WOMAN = Fashion(
    first="丽6小7晓6红5秀4玉5海4春5雪4艳4美4文3建2金3桂3亚2燕2爱3淑3慧3凤2云2彩2素2翠2婷1佳1",
    second="丽7芳6敏4燕6霞6玲6娟5萍5英6红5梅5华4艳5琴5珍3云3莲3平3香3兰3花3凤3琼2芬3群2婷3娜3静3琳2妮1",
    single="丽8静7敏7艳7娟6燕6芳6霞5玲5娜6婷5丹5莉4萍4倩4颖4洁4雪4琴3慧4红3梅2莹3璐2",
    single_share=0.28,
)
GRANDFATHER = Fashion(
    first="国8建6德6永5文4明4志4世3光4正3金3玉3学3家3忠3云2树2福3水1",
    second="华5明6生5清4林4福4荣4财2祥3根3良4贵4发3才3友2忠2山3全3成3兴2",
    single="军4平3强3勇2明3忠2生1",
    single_share=0.10,
)
GRANDMOTHER = Fashion(
    first="秀9桂8玉8淑5凤5素5翠4月3春3兰2金4美3菊3爱3",
    second="英9兰9珍8芳6华4莲4花4云3香4梅4琴3清2芝2娥3",
    single="英3兰2珍2芳2",
    single_share=0.06,
)

# Characters that few keyboards and older systems can write. The last ones lie beyond the
# Basic Multilingual Plane: GB 18030-2022 needs four bytes, UTF-16 a surrogate pair for each.
RARE_BOY = "䶮㬎堃垚昇頔翀珺燚淼焱玘犇骉甡喆祎𬭼𬱟𫖯𬭎𬬭𡭄𬍛𬸪𬒈𣲘"
RARE_GIRL = "㛃婳嫚媗妤姵嬿祎婠叆昰晞𬘡𬤊𫍯𬍤𫓹𬞟𦈡𬀩𬀪𬬻𬟁"
RARE_SHARE = 0.004


def weighted(text: str, *, width: int = 1) -> dict[str, float]:
    """Return the characters (or names of `width` characters) of a table with shares that sum to 1.

    A character written twice counts once, with both weights.
    """
    found: dict[str, float] = {}
    for name, weight in re.findall(rf"([^\d\s]{{{width}}})(\d*)", text):
        found[name] = found.get(name, 0.0) + float(weight or 1)
    whole = sum(found.values())
    return {name: weight / whole for name, weight in found.items()}
