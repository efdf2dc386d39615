"""What simulated units write in their reports: figures that fit together, and words of their own.

A few units are formal: they copy one and the same text, period after period.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from models.asked import Asked, Asks
from models.periods import MONTH
from models.words import Basis, IndicatorKind, ReportPart

FORMAL = 0.05  # share of units that copy
BEGINNING = date(2023, 1, 1)  # of running totals
SEEN_BEFORE = "Số liệu kỳ trước do các đơn vị cũ báo cáo, nay rà soát, tổng hợp lại."


def is_formal(unit: str) -> bool:
    """Whether a unit copies its reports; the same in every life."""
    return Random(f"formal/{unit}").random() < FORMAL


def sections(random: Random, unit: str, asks: Asks) -> dict[str, str]:
    """The sections of an outline in the unit's own words; one that need not be is often left."""
    wanted = [item for item in asks.outline if item.required or random.random() < 0.6]
    if is_formal(unit):
        return {item.code: COPIED[item.part] for item in wanted}
    return {item.code: _written(random, item.part) for item in wanted}


def _written(random: Random, part: ReportPart) -> str:
    said = random.sample(SENTENCES[part], k=min(3, len(SENTENCES[part])))
    return " ".join(_filled(random, sentence) for sentence in said)


def _filled(random: Random, sentence: str) -> str:
    return sentence.format(
        n=random.randint(2, 19),
        m=random.randint(20, 460),
        month=random.randint(1, 12),
        matter=random.choice(MATTERS),
        place=random.choice(PLACES),
        who=random.choice(LEADERS),
    )


def values(random: Random, unit: str, due: date, asks: Asks) -> dict[str, Any]:
    """Figures by their codes: parts fit their whole, and running totals rise with time."""
    wholes = [item for item in asks.figures if not item.part_of]
    found = {item.code: _value(random, unit, due, item) for item in wholes}
    found |= _obeying(found, asks)
    for item in wholes:
        found |= _parts(random, unit, item, found[item.code], asks.figures)
    ordered = {item.code: found.get(item.code) for item in asks.figures}
    return {code: value for code, value in ordered.items() if value is not None}


def _obeying(found: Mapping[str, Any], asks: Asks) -> dict[str, Any]:
    """Figures that must not be more than another, brought down to it."""
    plain = (check.equation.split(" <= ") for check in asks.checks if check.equation)
    return {
        pair[0]: min(found[pair[0]], found[pair[1]])
        for pair in plain
        if len(pair) == 2 and found.keys() >= set(pair)
    }


def _value(random: Random, unit: str, due: date, item: Asked) -> Any:
    match item.kind:
        case IndicatorKind.COUNT | IndicatorKind.MONEY:
            unit_of = 1_000_000 if item.kind is IndicatorKind.MONEY else 1
            return _count(random, unit, due, item) * unit_of
        case IndicatorKind.YES_NO:
            return random.random() < 0.9
        case IndicatorKind.RATIO:
            return _ratio(random, unit, due, item)
        case IndicatorKind.DATE:
            return (due - timedelta(days=random.randint(5, 120))).isoformat()
        case IndicatorKind.CHOICE:
            return random.choice(list(item.choices))
        case IndicatorKind.SCORE:
            return _points(random, unit, item)
        case IndicatorKind.TEXT:
            told = item.required or random.random() < 0.3
            return random.choice(DIFFICULTIES) if told else None


def _points(random: Random, unit: str, item: Asked) -> float | None:
    """Points that a unit gives itself, the better ones more of them; what is optional it leaves."""
    if not item.required and random.random() < 0.9:
        return None
    least = Random(f"{unit}/points").uniform(0.7, 0.98) if item.required else 0.1
    most = 1.0 if item.required else 0.4
    return round((item.points or 0) * random.uniform(least, most) * 2) / 2


def _count(random: Random, unit: str, due: date, item: Asked) -> int:
    if item.basis.runs_on:
        return _running(unit, due, item)
    most = 500 if item.kind is IndicatorKind.MONEY else 24
    return random.randint(0, most)


def _running(unit: str, due: date, item: Asked) -> int:
    """A total that grows by the unit's own measure: the same day gives the same."""
    own = Random(f"{unit}/{item.code}")
    end = due - MONTH
    months = end.month if item.basis is Basis.YEAR else max(1, (due - BEGINNING).days // 30)
    return int(months * own.choice((0, 0, 0.05, 0.2, 1.5)))


def _ratio(random: Random, unit: str, due: date, item: Asked) -> dict[str, int]:
    if item.basis.runs_on:
        done = _running(unit, due, item)
        return {"numerator": done, "denominator": done + Random(f"{unit}/rest").randint(0, 3)}
    denominator = random.randint(6, 400)
    share = 1.0 if random.random() < 0.7 else random.uniform(0.8, 1.0)
    return {"numerator": round(denominator * share), "denominator": denominator}


def _parts(
    random: Random, unit: str, whole: Asked, value: Any, asked: Sequence[Asked]
) -> Mapping[str, Any]:
    """What the whole is made of; of a running total always in the same shares."""
    parts = [item for item in asked if item.part_of == whole.code]
    if not parts or not isinstance(value, int | float):
        return {}
    share = Random(f"{unit}/{whole.code}/parts") if whole.basis.runs_on else random
    left, found = int(value), {}
    cuts = [share.uniform(0.1, 0.6) for _part in parts]
    for n, (part, cut) in enumerate(zip(parts, cuts, strict=True)):
        last = whole.adds_up and n == len(parts) - 1
        found[part.code] = left if last else int(left * cut)
        left -= found[part.code]
    return found


MATTERS = (
    "quản lý đất đai", "đầu tư công", "mua sắm tài sản công", "tuyển dụng viên chức",
    "cấp phép xây dựng", "thu, chi ngân sách", "chế độ bảo trợ xã hội", "quản lý khoáng sản",
    "giải phóng mặt bằng", "đăng ký doanh nghiệp",
)  # fmt: skip
PLACES = (
    "trụ sở cơ quan", "bộ phận một cửa", "các đơn vị trực thuộc", "các phòng chuyên môn",
    "hội trường trung tâm", "các chi bộ", "cổng thông tin điện tử", "các điểm sinh hoạt cộng đồng",
)  # fmt: skip
LEADERS = (
    "Thủ trưởng đơn vị", "Phó thủ trưởng phụ trách", "Cấp ủy", "Thanh tra nhân dân",
    "Bộ phận pháp chế", "Văn phòng",
)  # fmt: skip
SENTENCES: dict[ReportPart, tuple[str, ...]] = {
    ReportPart.SITUATION: (
        "{who} đã ban hành {n} văn bản chỉ đạo và phân công đầu mối theo dõi từ tháng {month}.",
        "Nội dung văn bản được phổ biến đến {m} lượt cán bộ, công chức tại {place}.",
        "Kế hoạch của đơn vị gắn với nhiệm vụ {matter}, giao rõ người và thời hạn.",
        "Tổ giúp việc gồm {n} thành viên họp giao ban hằng tháng để kiểm điểm tiến độ.",
    ),
    ReportPart.RESULTS: (
        "Đã tổ chức {n} cuộc kiểm tra nội bộ về {matter}, chấn chỉnh ngay các sai sót nhỏ.",
        "Hoàn thành {n} nhiệm vụ đúng hạn, trong đó có việc rà soát quy chế về {matter}.",
        "Công khai đủ {n} nhóm nội dung theo quy định tại {place}, tiếp nhận {m} lượt truy cập.",
        "{who} trực tiếp đối thoại với {m} người dân, doanh nghiệp trong tháng {month}.",
        "Thời gian giải quyết hồ sơ về {matter} rút ngắn bình quân {n} ngày so với năm trước.",
    ),
    ReportPart.LIMITATIONS: (
        "Việc tự kiểm tra trong lĩnh vực {matter} còn ít, mới thực hiện ở {n} đơn vị.",
        "Báo cáo của {n} đơn vị trực thuộc gửi chậm, số liệu phải đối chiếu lại nhiều lần.",
        "Phần mềm theo dõi chưa kết nối với {place}, cán bộ phải nhập {m} dòng dữ liệu thủ công.",
        "Một số quy định về {matter} còn chồng chéo, {who} lúng túng khi áp dụng.",
    ),
    ReportPart.CAUSES: (
        "Biên chế giảm {n} người so với đầu kỳ, khối lượng công việc về {matter} tăng.",
        "Văn bản hướng dẫn về {matter} ban hành chậm, đến tháng {month} mới đủ căn cứ thực hiện.",
        "Người đứng đầu {n} đơn vị trực thuộc chưa thường xuyên đôn đốc.",
    ),
    ReportPart.PROPOSALS: (
        "Đề nghị cấp trên hướng dẫn thống nhất về {matter} trước tháng {month}.",
        "Kỳ tới đơn vị tổ chức {n} cuộc kiểm tra chuyên đề, trọng tâm là {matter}.",
        "Kiến nghị bố trí kinh phí tập huấn cho {m} công chức làm nhiệm vụ kiêm nhiệm.",
        "{who} tiếp tục công khai tiến độ hằng tháng tại {place}.",
    ),
    ReportPart.LESSONS: (
        "Nơi nào {who} trực tiếp chỉ đạo, phân công rõ việc thì nơi đó hoàn thành sớm {n} ngày.",
        "Gắn kết quả về {matter} với đánh giá, xếp loại hằng quý giúp giảm việc chậm hạn.",
        "Công khai danh mục việc tại {place} để người dân giám sát là cách làm hiệu quả.",
    ),
}
COPIED: dict[ReportPart, str] = {
    ReportPart.SITUATION: (
        "Ngay sau khi nhận được văn bản, đơn vị đã nghiêm túc quán triệt, triển khai đến toàn thể "
        "cán bộ, công chức, viên chức và người lao động; xây dựng kế hoạch thực hiện phù hợp với "
        "tình hình thực tế của cơ quan, đơn vị."
    ),
    ReportPart.RESULTS: (
        "Các nhiệm vụ được triển khai đồng bộ, kịp thời, đúng quy định; nhận thức, trách nhiệm của "
        "cán bộ, công chức, viên chức được nâng lên; kỷ luật, kỷ cương hành chính được giữ vững."
    ),
    ReportPart.LIMITATIONS: (
        "Công tác tuyên truyền có lúc, có nơi chưa được thường xuyên; việc tự kiểm tra còn hạn chế."
    ),
    ReportPart.CAUSES: (
        "Do khối lượng công việc nhiều, cán bộ kiêm nhiệm nên có lúc chưa kịp thời."
    ),
    ReportPart.PROPOSALS: (
        "Tiếp tục quán triệt, thực hiện nghiêm các văn bản chỉ đạo của cấp trên; tăng cường công "
        "tác kiểm tra, giám sát. Đơn vị không có kiến nghị, đề xuất."
    ),
    ReportPart.LESSONS: (
        "Phải có sự lãnh đạo, chỉ đạo sát sao của cấp ủy, sự vào cuộc của cả hệ thống chính trị."
    ),
}
DIFFICULTIES = (
    "Biên chế làm công tác phòng, chống tham nhũng kiêm nhiệm, thời gian dành cho nhiệm vụ còn ít.",
    "Một số quy định chuyên ngành còn chồng chéo, đơn vị lúng túng khi rà soát.",
    "Kinh phí tổ chức tập huấn chưa được bố trí riêng.",
    "Số liệu của các đơn vị trực thuộc gửi chậm, phải tổng hợp nhiều lần.",
)
