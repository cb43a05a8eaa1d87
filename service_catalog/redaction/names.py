"""Names of people by the words they stand beside: 我叫…, 姓名：…, …先生, …主任; Han, Mongolian in Chinese and in its own script.

Han names are known by the surname, Mongolian ones by the characters that write Mongolian sounds.
"""

import re
from collections.abc import Iterator

from service_catalog.redaction.kinds import BARRIER, HAN, MONGOLIAN, RedactionKind, Span

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕"
    "聂丛焦向柳邢岳齐梅莫庄辛管祝左涂谷祁耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵"
    "解强柴华车冉房边净阴闫佟栾乌云吉萨格巴那齐娜其宝白敖额斯苏布德海红银金永奇鄂铁阿哈腾朝青"
)
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|夏侯|呼延|南宫|独孤"
_SOUNDS = (
    "阿拉腾巴特尔乌云其木格斯琴高娃图雅苏日娜萨仁花朝鲁布和德力孟根达来敖登格日勒哈斯额尔敦宝音那顺呼和吉雅赛汗白音查干满都扎木苏道"
    "荣贵希莫日根牧仁恩和毕力青格乐旺楚克丹巴策仁永红玉梅海兰通拉嘎胡斯楞铁木朝克乌力吉套格涛高勒塔娜琪琪额吉浩毕希格金花陶陈莎茹"
    "拉娃伊敏沙日乃登敏珠道尔吉僧格桑杰桑布甫包彩荷艳春梅代兄才巴雅尔查汗锡林郭夫柱扣奥其"
)
"""Characters with which Mongolian names are written in Chinese."""
_FUNCTION = "不的了是在有没很都就也与及应须要会说对将把被请跟于为以因从到给让向又还只但若如及或后前时年月日局处科室部院委办站厅队组所们这那"
_DELIMITER = (
    "(?=$|[^"
    + HAN
    + "A-Za-z]|[不没很都也还又与及应须对将把被让给]|电话|手机|身份|性别|今年|年龄|家住|住|男|女|系|是|的|在|于|来自|想|要|反映|咨询|投诉)"
)
_ENDS = "(?:电话|手机|身份证|性别|今年|年龄|住址|家住|来自|联系|地址|民族|单位|职业|男|女|是|住|的|系|想|要|去|在|有|说|反映|咨询|投诉)"

_GIVEN = rf"(?:(?!{_ENDS})[{HAN}])"
_HAN_NAME = rf"(?:(?:{_DOUBLE})(?:[{_SOUNDS}]{{3,6}}|{_GIVEN}{{1,2}})|[{_SURNAMES}](?: ?{_GIVEN}){{1,2}})"
_MONGOLIAN_NAME = rf"[{_SOUNDS}]{{2,8}}(?:·[{_SOUNDS}]{{2,8}})?"
_WHOLE_VALUE = rf"(?:{_GIVEN}{{1,4}}(?:·{_GIVEN}{{1,8}})?{_DELIMITER}|[A-Za-z\u0400-\u04ff][A-Za-z\u0400-\u04ff.' -]{{1,38}}[A-Za-z\u0400-\u04ff])"
_SCRIPT = rf"[{MONGOLIAN}]{{2,40}}(?: [{MONGOLIAN}]{{2,40}})?"
_NOBODY = (
    "(?!阿拉善|额济纳|内蒙古|巴彦浩特|呼和浩特|锡林郭勒|乌兰布和|苏木|嘎查|关系|本人|同上|匿名|保密|无(?!["
    + HAN
    + "])|他|她|它|你|您|我|这|那|谁|什么|不|没|自己|如下|须|应|必须)"
)

_LABELS = (
    "(?:姓名|名字|联系人|申请人|投诉人|举报人|反映人|来电人|来信人|诉求人|咨询人|求助人|当事人|经办人|负责人|户主|法定代表人|法人代表|"
    "监护人|委托人|代理人|收件人|患者|死者|签名|署名|落款|父亲|母亲|丈夫|妻子|爱人|儿子|女儿|房东|户名|工作人员)"
)
_TITLES = (
    "(?:先生|女士|小姐|同志|大夫|医生|医师|护士|老师|教授|校长|院长|主任|局长|科长|处长|书记|所长|镇长|旗长|盟长|乡长|村长|站长|股长|队长|"
    "部长|主席|经理|老板|师傅|警官|法官|律师|大爷|大妈|大娘|阿姨|叔叔|大哥|大姐|奶奶|爷爷)"
)
_OFFICES = (
    "卫生 司法 单位 高级 安全 方面 金融 文化 文旅 管理 白天 成人 强制 任何 查询 经济 江苏 云南 海关 石油 田间 路政 关键 向导 程序 成立 解放 关系"
    " 阿拉善 额济纳 巴彦浩特 内蒙古 呼和浩特 锡林郭勒 包头 乌海 苏木 嘎查 乌兰布和 巴音 敖包 通关 那达慕 文书 马上 时任 和平"
)
"""What a surname or a Mongolian sound begins and is no name, before a title: 高级主任, 巴彦浩特书记."""
_BEFORE_TITLE = rf"(?:(?:{_DOUBLE})[{HAN}]{{0,2}}|[{_SURNAMES}](?:(?![{_FUNCTION}])[{HAN}]){{0,2}})"

_PATTERNS = [
    re.compile(pattern)
    for pattern in (
        # said outright, or in a form: whatever follows is taken for the name
        rf"(?:我叫|名叫|我的名字(?:是|叫)|叫做)[ :]{{0,2}}{_NOBODY}({_MONGOLIAN_NAME}|{_HAN_NAME}|{_WHOLE_VALUE}|{_SCRIPT})",
        rf"{_LABELS}(?: ?:|是|叫) ?{_NOBODY}({_MONGOLIAN_NAME}|{_HAN_NAME}|{_WHOLE_VALUE}|{_SCRIPT})",
        # without a colon, only what looks like a name and ends like one
        rf"(?:{_LABELS}|本人|我是|我系)[ ,，]?{_NOBODY}"
        rf"((?:{_MONGOLIAN_NAME}|[{_SURNAMES}](?:(?![{_FUNCTION}])[{HAN}]){{1,2}}|(?:{_DOUBLE})[{HAN}]{{1,2}}){_DELIMITER}|{_SCRIPT})",
        rf"\u1828\u1821\u1837\u180e?[\u1820\u1821][\u180b-\u180d]?(?:[ \u202f]\u1828\u1822)?[ :\u202f\u1804]{{1,3}}([{MONGOLIAN}]{{2,40}}(?: [{MONGOLIAN}]{{2,40}})?)",
    )
]  # fmt: skip
_RUN = rf"(?:(?!和)[{_SOUNDS}]){{2,8}}"
_OFFICE = re.compile(rf"(?:{'|'.join(_OFFICES.split())})(?={_TITLES})")
_TITLED = re.compile(rf"(?=({_BEFORE_TITLE}|{_RUN}(?:·{_RUN})?){_TITLES})")


def find(level: str) -> Iterator[Span]:
    """Yield the names in a level text; they may overlap."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(level):
            yield Span(match.start(1), match.end(1), RedactionKind.NAME)
    people = _OFFICE.sub(lambda match: BARRIER * len(match[0]), level)
    for match in _TITLED.finditer(people):  # looks ahead only: names of every length are seen, and joined later
        yield Span(match.start(1), match.end(1), RedactionKind.NAME)
