"""National code lists that a roster or a pupil's record needs, with labels in both languages.

A cell may hold the code, either label, or one of the everyday words of a row. Where a
standard gives only labels the codes are this registry's own, and the list says so.
"""

from __future__ import annotations

from typing import Final

from xueji.lib.codes import Code, CodeList

SEXES: Final = CodeList(
    "sex",
    "GB/T 2261.1-2003",
    (
        Code("0", "未知的性别", "Unknown"),
        Code("1", "男", "Male", ("男性", "男生")),
        Code("2", "女", "Female", ("女性", "女生")),
        Code("9", "未说明的性别", "Unspecified"),
    ),
)

# What a pupil's record may say; the standard's other two are for statistics.
PUPIL_SEXES: Final = ("1", "2")

ETHNICITIES: Final = CodeList(
    "ethnicity",
    "GB/T 3304-1991",
    (
        Code("01", "汉族", "Han", ("汉",)),
        Code("02", "蒙古族", "Mongol"),
        Code("03", "回族", "Hui"),
        Code("04", "藏族", "Tibetan"),
        Code("05", "维吾尔族", "Uygur"),
        Code("06", "苗族", "Miao"),
        Code("07", "彝族", "Yi"),
        Code("08", "壮族", "Zhuang"),
        Code("09", "布依族", "Bouyei"),
        Code("10", "朝鲜族", "Korean"),
        Code("11", "满族", "Manchu"),
        Code("12", "侗族", "Dong"),
        Code("13", "瑶族", "Yao"),
        Code("14", "白族", "Bai"),
        Code("15", "土家族", "Tujia"),
        Code("16", "哈尼族", "Hani"),
        Code("17", "哈萨克族", "Kazak"),
        Code("18", "傣族", "Dai"),
        Code("19", "黎族", "Li"),
        Code("20", "傈僳族", "Lisu"),
        Code("21", "佤族", "Va"),
        Code("22", "畲族", "She"),
        Code("23", "高山族", "Gaoshan"),
        Code("24", "拉祜族", "Lahu"),
        Code("25", "水族", "Sui"),
        Code("26", "东乡族", "Dongxiang"),
        Code("27", "纳西族", "Naxi"),
        Code("28", "景颇族", "Jingpo"),
        Code("29", "柯尔克孜族", "Kirgiz"),
        Code("30", "土族", "Tu"),
        Code("31", "达斡尔族", "Daur"),
        Code("32", "仫佬族", "Mulao"),
        Code("33", "羌族", "Qiang"),
        Code("34", "布朗族", "Blang"),
        Code("35", "撒拉族", "Salar"),
        Code("36", "毛南族", "Maonan"),
        Code("37", "仡佬族", "Gelao"),
        Code("38", "锡伯族", "Xibe"),
        Code("39", "阿昌族", "Achang"),
        Code("40", "普米族", "Pumi"),
        Code("41", "塔吉克族", "Tajik"),
        Code("42", "怒族", "Nu"),
        Code("43", "乌孜别克族", "Uzbek"),
        Code("44", "俄罗斯族", "Russian"),
        Code("45", "鄂温克族", "Ewenki"),
        Code("46", "德昂族", "De'ang"),
        Code("47", "保安族", "Bonan"),
        Code("48", "裕固族", "Yugur"),
        Code("49", "京族", "Gin"),
        Code("50", "塔塔尔族", "Tatar"),
        Code("51", "独龙族", "Derung"),
        Code("52", "鄂伦春族", "Oroqen"),
        Code("53", "赫哲族", "Hezhen"),
        Code("54", "门巴族", "Monba"),
        Code("55", "珞巴族", "Lhoba"),
        Code("56", "基诺族", "Jino"),
        Code("97", "其他", "Other", ("未识别民族",)),
        Code("98", "外国血统中国籍人士", "Chinese national of foreign descent", ("外国血统",)),
    ),
)

DOCUMENT_TYPES: Final = CodeList(
    "document_type",
    "JY/T 1001-2012 SFZJLX",
    (
        Code("1", "居民身份证", "Resident identity card", ("身份证", "公民身份证")),
        Code("2", "军官证", "Military officer card"),
        Code("3", "士兵证", "Soldier card"),
        Code("4", "文职干部证", "Civilian cadre (military) card"),
        Code("5", "部队离退休证", "Retired military personnel card"),
        Code(
            "6",
            "香港特区护照/身份证明",
            "Hong Kong SAR passport or identity proof",
            ("香港居民身份证", "香港特区护照"),
        ),
        Code(
            "7",
            "澳门特区护照/身份证明",
            "Macao SAR passport or identity proof",
            ("澳门居民身份证", "澳门特区护照"),
        ),
        Code("8", "台湾居民来往大陆通行证", "Mainland travel permit for Taiwan residents", ("台胞证",)),
        Code(
            "9",
            "境外永久居住证",
            "Permanent residence card (persons from abroad)",
            ("外国人永久居留身份证", "外国人永久居留证"),
        ),
        Code("A", "护照", "Passport", ("外国护照",)),
        Code("B", "户口簿", "Household register booklet", ("户口本",)),
        Code("Z", "其他", "Other", ("无", "无证件")),
    ),
)

# Residence permits of residents of Hong Kong, Macao and Taiwan have no row of their own in
# the standard: they are given as the region's document, and their number (18 characters
# beginning 81, 82 or 83) says what they are.
# Source: the national system's form for pupils; military documents are for adults.
PUPIL_DOCUMENT_TYPES: Final = ("1", "6", "7", "8", "9", "A", "B", "Z")

OVERSEAS: Final = CodeList(
    "overseas",
    "JY/T 1001-2012 GATQW; 00 from the national system's form",
    (
        Code("00", "否", "Not applicable", ("非港澳台侨外",)),
        Code("01", "香港同胞", "Hong Kong compatriot"),
        Code("02", "香港同胞亲属", "Relative of Hong Kong compatriot"),
        Code("03", "澳门同胞", "Macao compatriot"),
        Code("04", "澳门同胞亲属", "Relative of Macao compatriot"),
        Code("05", "台湾同胞", "Taiwan compatriot"),
        Code("06", "台湾同胞亲属", "Relative of Taiwan compatriot"),
        Code("11", "华侨", "Overseas Chinese"),
        Code("12", "侨眷", "Family member of overseas Chinese"),
        Code("13", "归侨", "Returned overseas Chinese"),
        Code("14", "归侨子女", "Child of returned overseas Chinese"),
        Code("21", "归国留学人员", "Returned overseas student"),
        Code("31", "非华裔中国人", "Chinese national not of Chinese descent"),
        Code("41", "外籍华裔人", "Foreign national of Chinese descent"),
        Code("51", "外国人", "Foreign national"),
        Code("99", "其他", "Other"),
    ),
)

HEALTH: Final = CodeList(
    "health",
    "national system's form, 健康状况",
    (
        Code("10", "健康或良好", "Healthy or good", ("健康", "良好")),
        Code("20", "一般或较弱", "Fair or weak", ("一般", "较弱")),
        Code("30", "有慢性病", "Chronic illness", ("慢性病",)),
        Code("40", "有生理缺陷", "Physical impairment", ("生理缺陷",)),
        Code("50", "残疾", "Disabled"),
    ),
)

POLITICAL_STATUSES: Final = CodeList(
    "political",
    "GB/T 4762-1984",
    (
        Code("01", "中国共产党党员", "Member of the Communist Party of China", ("中共党员",)),
        Code(
            "02",
            "中国共产党预备党员",
            "Probationary member of the Communist Party of China",
            ("中共预备党员",),
        ),
        Code(
            "03",
            "中国共产主义青年团团员",
            "Member of the Communist Youth League of China",
            ("共青团员", "团员"),
        ),
        Code(
            "04",
            "中国国民党革命委员会会员",
            "Member of the Revolutionary Committee of the Chinese Kuomintang",
        ),
        Code("05", "中国民主同盟盟员", "Member of the China Democratic League"),
        Code("06", "中国民主建国会会员", "Member of the China National Democratic Construction Association"),
        Code("07", "中国民主促进会会员", "Member of the China Association for Promoting Democracy"),
        Code("08", "中国农工民主党党员", "Member of the Chinese Peasants and Workers Democratic Party"),
        Code("09", "中国致公党党员", "Member of the China Zhi Gong Party"),
        Code("10", "九三学社社员", "Member of the Jiusan Society"),
        Code("11", "台湾民主自治同盟盟员", "Member of the Taiwan Democratic Self-Government League"),
        Code("12", "无党派民主人士", "Person without party affiliation"),
        Code("13", "群众", "General public (none of the above)", ("普通居民", "少先队员")),
    ),
)

# Source: the national system's forms for pupils.
PUPIL_POLITICAL_STATUSES: Final = ("13", "03", "02", "01")

HOUSEHOLD_NATURES: Final = CodeList(
    "household_nature",
    "national system's form, 户口性质; one kind since the reform of 2014",
    (
        Code("1", "农业户口", "Agricultural household registration", ("农业", "农村户口")),
        Code(
            "2", "非农业户口", "Non-agricultural household registration", ("非农业", "城镇户口", "非农户口")
        ),
    ),
)

ENTRY_MODES: Final = CodeList(
    "entry_mode",
    "national system's form, 入学方式",
    (
        Code("11", "就近入学", "Nearby enrolment (compulsory stage)"),
        Code("12", "其他（义务教育）", "Other (compulsory stage)", ("其他(义务教育)", "其他")),
        Code(
            "21",
            "统一招生考试/普通入学",
            "Unified entrance examination or ordinary entry (senior secondary)",
            ("统一招生考试", "普通入学"),
        ),
        Code("22", "体育特招", "Sports talent admission (senior secondary)"),
        Code("23", "艺术特招", "Arts talent admission (senior secondary)"),
        Code("99", "其他（普通高中）", "Other (senior secondary)", ("其他(普通高中)",)),
    ),
)

# Which ways of entry a stage knows.
ENTRY_MODES_OF_STAGE: Final = {
    "primary": ("11", "12"),
    "junior": ("11", "12"),
    "senior": ("21", "22", "23", "99"),
}


def entry_mode_in_stage(code: str, stage: str) -> str | None:
    """Return the way of entry as its stage writes it; None if the stage does not know it.

    The form writes 其他 for 12 and for 99: read as 12, it becomes 99 in senior secondary school.
    """
    modes = ENTRY_MODES_OF_STAGE.get(stage, ())
    if code in modes:
        return code
    return modes[-1] if code in ("12", "99") and modes else None


STUDY_MODES: Final = CodeList(
    "study_mode",
    "JY/T 1001-2012 就读方式; 4 is our own",
    (
        Code("1", "走读", "Day pupil"),
        Code("2", "住校", "Boarder", ("寄宿", "住宿")),
        Code("3", "借宿", "Lodging outside home"),
        Code("4", "送教上门", "Taught at home"),
        Code("9", "其他", "Other"),
    ),
)

SOURCES: Final = CodeList(
    "source",
    "JY/T 1001-2012 学生来源",
    (
        Code("1", "正常入学", "Normal entry"),
        Code("2", "借读", "Guest attendance"),
        Code("9", "其他", "Other"),
    ),
)

LEFT_BEHIND: Final = CodeList(
    "left_behind",
    "national system's form, 留守儿童",
    (
        Code("0", "非留守儿童", "Not a left-behind child", ("否", "不是")),
        Code("1", "单亲留守儿童", "One parent away for work", ("单亲留守",)),
        Code("2", "双亲留守儿童", "Both parents away for work", ("双亲留守",)),
    ),
)

YES_NO: Final = CodeList(
    "yes_no",
    "national system's form",
    (
        Code("0", "否", "No", ("不是", "无", "n", "false")),
        Code("1", "是", "Yes", ("有", "y", "true")),
    ),
)

BLOOD_TYPES: Final = CodeList(
    "blood",
    "JY/T 1001-2012 血型",
    (
        Code("0", "未知血型", "Unknown", ("未知",)),
        Code("1", "A血型", "Type A", ("A", "A型")),
        Code("2", "B血型", "Type B", ("B", "B型")),
        Code("3", "AB血型", "Type AB", ("AB", "AB型")),
        Code("4", "O血型", "Type O", ("O", "O型")),
        Code("5", "RH阳性血型", "Rh positive", ("RH阳性",)),
        Code("6", "RH阴性血型", "Rh negative", ("RH阴性",)),
        Code("7", "HLA血型", "HLA type"),
        Code("8", "未定血型", "Undetermined"),
        Code("9", "其他血型", "Other", ("其他",)),
    ),
)

DISABILITIES: Final = CodeList(
    "disability",
    "GB/T 26341-2010 残疾类别; 0 and 9 from the form, their codes our own",
    (
        Code("0", "无残疾", "None", ("无", "否")),
        Code("1", "视力残疾", "Visual disability", ("视力",)),
        Code("2", "听力残疾", "Hearing disability", ("听力",)),
        Code("3", "言语残疾", "Speech disability", ("言语",)),
        Code("4", "肢体残疾", "Physical disability", ("肢体",)),
        Code("5", "智力残疾", "Intellectual disability", ("智力",)),
        Code("6", "精神残疾", "Mental disability", ("精神",)),
        Code("7", "多重残疾", "Multiple disabilities", ("多重",)),
        Code("9", "其他残疾", "Other disability", ("其他",)),
    ),
)

# Some programs of the national system write 1 for the father and 2 for the mother.
RELATIONS: Final = CodeList(
    "relation",
    "GB/T 4761-2008",
    (
        Code("01", "本人", "Self"),
        Code("02", "户主", "Head of household"),
        Code("10", "配偶", "Spouse"),
        Code("11", "夫", "Husband"),
        Code("12", "妻", "Wife"),
        Code("20", "子", "Son"),
        Code("21", "独生子", "Only son"),
        Code("22", "长子", "Eldest son"),
        Code("23", "次子", "Second son"),
        Code("24", "三子", "Third son"),
        Code("25", "四子", "Fourth son"),
        Code("26", "五子", "Fifth son"),
        Code("27", "养子或继子", "Adopted son or stepson"),
        Code("28", "女婿", "Son-in-law"),
        Code("29", "其他子", "Other son"),
        Code("30", "女", "Daughter"),
        Code("31", "独生女", "Only daughter"),
        Code("32", "长女", "Eldest daughter"),
        Code("33", "二女", "Second daughter"),
        Code("34", "三女", "Third daughter"),
        Code("35", "四女", "Fourth daughter"),
        Code("36", "五女", "Fifth daughter"),
        Code("37", "养女或继女", "Adopted daughter or stepdaughter"),
        Code("38", "儿媳", "Daughter-in-law"),
        Code("39", "其他女儿", "Other daughter"),
        Code("40", "孙子、孙女或外孙子、外孙女", "Grandchild"),
        Code("41", "孙子", "Grandson (paternal)"),
        Code("42", "孙女", "Granddaughter (paternal)"),
        Code("43", "外孙子", "Grandson (maternal)"),
        Code("44", "外孙女", "Granddaughter (maternal)"),
        Code("45", "孙媳妇或外孙媳妇", "Wife of grandson"),
        Code("46", "孙女婿或外孙女婿", "Husband of granddaughter"),
        Code("47", "曾孙子或外曾孙子", "Great-grandson"),
        Code("48", "曾孙女或外曾孙女", "Great-granddaughter"),
        Code("49", "其他孙子、孙女或外孙子、外孙女", "Other grandchild"),
        Code("50", "父母", "Parent"),
        Code("51", "父亲", "Father", ("爸爸", "父", "爸", "1")),
        Code("52", "母亲", "Mother", ("妈妈", "母", "妈", "2")),
        Code("53", "公公", "Husband's father"),
        Code("54", "婆婆", "Husband's mother"),
        Code("55", "岳父", "Wife's father"),
        Code("56", "岳母", "Wife's mother"),
        Code("57", "继父或养父", "Stepfather or adoptive father", ("继父", "养父")),
        Code("58", "继母或养母", "Stepmother or adoptive mother", ("继母", "养母")),
        Code("59", "其他父母关系", "Other parental relation"),
        Code("60", "祖父母或外祖父母", "Grandparent", ("爷爷奶奶", "外公外婆")),
        Code("61", "祖父", "Paternal grandfather", ("爷爷",)),
        Code("62", "祖母", "Paternal grandmother", ("奶奶",)),
        Code("63", "外祖父", "Maternal grandfather", ("外公", "姥爷")),
        Code("64", "外祖母", "Maternal grandmother", ("外婆", "姥姥")),
        Code("65", "配偶的祖父母或外祖父母", "Spouse's grandparent"),
        Code("66", "曾祖父", "Great-grandfather", ("太爷爷",)),
        Code("67", "曾祖母", "Great-grandmother", ("太奶奶",)),
        Code("68", "配偶的曾祖父母", "Spouse's great-grandparent"),
        Code("69", "其他祖父母或外祖父母关系", "Other grandparental relation"),
        Code("70", "兄弟姐妹", "Sibling"),
        Code("71", "兄", "Elder brother", ("哥哥", "哥", "兄长")),
        Code("72", "嫂", "Elder brother's wife", ("嫂子", "嫂嫂")),
        Code("73", "弟", "Younger brother", ("弟弟",)),
        Code("74", "弟媳", "Younger brother's wife", ("弟妹", "弟媳妇")),
        Code("75", "姐姐", "Elder sister", ("姐",)),
        Code("76", "姐夫", "Elder sister's husband"),
        Code("77", "妹妹", "Younger sister", ("妹",)),
        Code("78", "妹夫", "Younger sister's husband"),
        Code("79", "其他兄弟姐妹", "Other sibling"),
        Code("81", "伯父", "Father's elder brother", ("伯伯", "大伯")),
        Code("82", "伯母", "Wife of father's elder brother", ("大娘", "伯娘")),
        Code("83", "叔父", "Father's younger brother", ("叔叔", "叔")),
        Code("84", "婶母", "Wife of father's younger brother", ("婶婶", "婶子")),
        Code("85", "舅父", "Mother's brother", ("舅舅", "舅")),
        Code("86", "舅母", "Wife of mother's brother", ("舅妈",)),
        Code("87", "姨父", "Husband of mother's sister", ("姨夫", "姨丈")),
        Code("88", "姨母", "Mother's sister", ("姨妈", "姨")),
        Code("89", "姑父", "Husband of father's sister", ("姑夫", "姑丈")),
        Code("90", "姑母", "Father's sister", ("姑姑", "姑妈")),
        Code("91", "堂兄弟、堂姐妹", "Paternal cousin"),
        Code("92", "表兄弟、表姐妹", "Maternal or cross cousin"),
        Code("93", "侄子", "Brother's son"),
        Code("94", "侄女", "Brother's daughter"),
        Code("95", "外甥", "Sister's son"),
        Code("96", "外甥女", "Sister's daughter"),
        Code("97", "其他亲属", "Other relative", ("其他",)),
        Code("99", "非亲属", "Not related"),
    ),
)

# Offered for a guardian; every other relation of the list is accepted.
GUARDIAN_RELATIONS: Final = (
    *("51", "52", "61", "62", "63", "64", "57", "58", "71"),
    *("75", "81", "83", "85", "88", "90", "97", "99"),
)

TRANSPORT: Final = CodeList(
    "transport",
    "own codes; labels of the national system's form, 上下学方式",
    (
        Code("1", "步行", "On foot", ("走路",)),
        Code(
            "2",
            "自行车（含摩托车、电动自行车）",
            "Bicycle, motorcycle or electric bicycle",
            ("自行车(含摩托车、电动自行车)", "自行车", "电动自行车", "摩托车"),
        ),
        Code(
            "3",
            "公共交通（含城市公交、农村客运、地铁）",
            "Public transport",
            ("公共交通(含城市公交、农村客运、地铁)", "公共交通", "公交", "公交车", "地铁"),
        ),
        Code("4", "家长自行接送", "Taken by parents", ("家长接送", "接送")),
        Code("5", "校车", "School bus"),
        Code("9", "其他", "Other"),
    ),
)

REGULAR_CLASS: Final = CodeList(
    "regular_class",
    "own codes; labels of the national system's form, 随班就读",
    (
        Code("0", "非随班就读", "Not a special-education pupil in a regular class", ("否", "无")),
        Code("1", "视力残疾随班就读", "Visual disability, in a regular class"),
        Code("2", "听力残疾随班就读", "Hearing disability, in a regular class"),
        Code("3", "智力残疾随班就读", "Intellectual disability, in a regular class"),
        Code("9", "其他残疾随班就读", "Other disability, in a regular class", ("其他",)),
    ),
)

PLACEMENTS: Final = CodeList(
    "placement",
    "own codes; labels of the national system's form, 特教就读类型",
    (
        Code("1", "普通学校特教班", "Special class of a regular school"),
        Code("2", "普通学校随班就读", "Regular class of a regular school", ("随班就读",)),
        Code("3", "特教学校", "Special education school", ("特殊教育学校",)),
        Code("4", "送教上门", "Taught at home"),
        Code("5", "康复机构特教办学点", "Teaching point of a rehabilitation institution"),
        Code("6", "福利机构特教办学点", "Teaching point of a welfare institution"),
    ),
)

ENROLMENT_STATES: Final = CodeList(
    "enrolment_state",
    "JY/T 1001-2012 XSDQZT",
    (
        Code("01", "在读", "Attending"),
        Code("02", "休学", "On suspension of schooling"),
        Code("03", "退学", "Withdrawn"),
        Code("04", "停学", "Schooling stopped"),
        Code("05", "复学", "Resumed"),
        Code("06", "流失", "Lost (drop-out)"),
        Code("07", "毕业", "Graduated"),
        Code("08", "结业", "Completed without graduation"),
        Code("09", "肄业", "Left without completion"),
        Code("10", "转学(转出)", "Transferred out"),
        Code("11", "死亡", "Deceased"),
        Code("12", "保留入学资格", "Admission right retained"),
        Code("13", "公派出国", "Sent abroad by the state"),
        Code("14", "开除", "Expelled"),
        Code("15", "下落不明", "Whereabouts unknown"),
        Code("99", "其他", "Other"),
    ),
)

DESTINATIONS: Final = CodeList(
    "destination",
    "JY/T 1001-2012 毕业生去向",
    (
        Code("10", "升学", "Further study"),
        Code("11", "本科", "Bachelor programme"),
        Code("12", "高职(专科)", "Higher vocational (junior college)"),
        Code("13", "职业高中(含中专、技校)", "Vocational senior secondary"),
        Code("14", "职业初中", "Vocational junior secondary"),
        Code("15", "普通高中", "Ordinary senior secondary"),
        Code("16", "普通初中", "Ordinary junior secondary"),
        Code("20", "就业", "Employment"),
        Code("30", "参军", "Military service"),
        Code("40", "出国", "Abroad"),
        Code("50", "赴港澳台", "Hong Kong, Macao or Taiwan"),
        Code("60", "待就业", "Seeking employment"),
        Code("99", "其他", "Other"),
    ),
)

ATTENDING: Final = "01"
SUSPENDED: Final = "02"

# An enrolment is open while the school still answers for the pupil: attending, suspended,
# or kept while the pupil is away or cannot be found. Every other state ends it. A resumed
# pupil attends again, so 05 names the act and is not kept.
# Source: 中小学生学籍管理办法; how the standard's states are used is our own.
OPEN_STATES: Final = frozenset({ATTENDING, SUSPENDED, "06", "12", "13", "15"})
