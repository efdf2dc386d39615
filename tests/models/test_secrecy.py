import unicodedata
from pathlib import Path

import pytest

from models.directive_check import check_file
from models.document import parse
from models.errors import DirectiveFileError, DondocError, SecretDocument
from models.secrecy import is_marked_secret
from tests.models.builders import file_text

STAMPS = [
    "Mật", "MẬT", "Tối mật", "TỐI MẬT", "Tuyệt mật", "TUYỆT  MẬT", "Độ mật: Tối mật",
    "DẤU CHỈ ĐỘ MẬT: MẬT", "[ MẬT ]", "** TUYỆT MẬT **", "T U Y Ệ T   M Ậ T", "M ậ t",
    "Tuyệt Mật (A)", "Độ mật: B - Tối mật", "Văn bản MẬT", "Số 53/KH-UBND - MẬT",
    "99/KH-UBND-MẬT",
]  # fmt: skip
SENTENCES = [
    "bảo mật",
    "Bảo mật thông tin cá nhân",
    "mật độ dân số",
    "giữ gìn bí mật của Đảng và Nhà nước",
    "Luật Bảo vệ bí mật nhà nước",
    "tuyệt đối giữ bí mật.",
    "không mật",
    "văn bản mật phải được quản lý riêng",
    "mật mã",
    "lập danh mục bí mật nhà nước độ mật của ngành",
    "số lượng tài liệu mật đã giải mật",
    "a b c",
    "phát hiện, xử lý nghiêm việc làm lộ tài liệu tuyệt mật của cơ quan",
]


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def read(folder: Path, text: str) -> None:
    path = folder / "directive.yaml"
    path.write_text(text, encoding="utf-8")
    parse(str(path), path.read_bytes(), DirectiveFileError)


class TestStamp:
    @pytest.mark.parametrize("stamp", STAMPS)
    def test_on_a_line_of_its_own_is_seen(self, stamp: str) -> None:
        assert is_marked_secret(f"TỈNH ỦY\n{stamp}\nKẾT LUẬN")
        assert is_marked_secret(decomposed(f"TỈNH ỦY\n  {stamp}\r\nKẾT LUẬN"))

    @pytest.mark.parametrize("sentence", SENTENCES)
    def test_a_word_of_a_sentence_is_no_stamp(self, sentence: str) -> None:
        assert not is_marked_secret(sentence)
        assert not is_marked_secret(decomposed(sentence).upper())

    def test_deep_in_the_data_is_seen(self) -> None:
        assert is_marked_secret({"measures": [{"quote": "Nghị quyết"}, {"forms": ["Tối mật"]}]})


class TestFile:
    @pytest.mark.parametrize("stamp", STAMPS)
    def test_a_stamp_in_a_comment_is_refused(self, tmp_path: Path, stamp: str) -> None:
        with pytest.raises(SecretDocument):
            read(tmp_path, f"# {stamp}\n" + file_text())

    @pytest.mark.parametrize("stamp", ["Mật", "TUYỆT MẬT", "Độ mật: Tối mật"])
    @pytest.mark.parametrize("write", [str, decomposed])
    def test_a_stamp_in_a_quote_is_refused(self, tmp_path: Path, write: type, stamp: str) -> None:
        quote = f"|\n  TỈNH ỦY THỬ NGHIỆM\n  {stamp}\n  KẾT LUẬN"
        with pytest.raises(SecretDocument):
            read(tmp_path, write(file_text(quote=quote)))

    @pytest.mark.parametrize(
        "field",
        ["secrecy: A", "secret: true", "độ mật: A", "Độ mật: Tối mật", "do_mat: 1", "x: Mật"],
    )
    @pytest.mark.parametrize("write", [str, decomposed])
    def test_a_field_of_secrecy_is_refused(self, tmp_path: Path, write: type, field: str) -> None:
        with pytest.raises(SecretDocument):
            read(tmp_path, write(file_text() + field + "\n"))

    @pytest.mark.parametrize("field", ["secrecy: no", "secrecy:", "độ mật: Không", "secret: false"])
    def test_an_open_document_may_say_that_it_is(self, tmp_path: Path, field: str) -> None:
        read(tmp_path, file_text() + field + "\n")

    @pytest.mark.parametrize("sentence", SENTENCES)
    def test_a_sentence_about_secrets_is_read(self, tmp_path: Path, sentence: str) -> None:
        read(tmp_path, file_text(subject=sentence))

    @pytest.mark.parametrize("style", ["", ">-", ">"])
    def test_a_sentence_wrapped_before_its_last_word_is_read(
        self, tmp_path: Path, style: str
    ) -> None:
        read(tmp_path, file_text(subject=f"{style}\n  Tăng cường công tác bảo vệ bí\n  mật."))

    def test_a_stamp_before_broken_yaml_is_refused_as_a_secret(self, tmp_path: Path) -> None:
        with pytest.raises(SecretDocument):
            read(tmp_path, "TỐI MẬT\n" + file_text() + "subject: [")

    def test_the_refusal_repeats_nothing_of_the_document(self, tmp_path: Path) -> None:
        with pytest.raises(DondocError) as caught:
            read(tmp_path, file_text(subject="chuyện không được biết") + "secrecy: Mật\n")
        assert "chuyện" not in str(caught.value)


class TestText:
    def test_a_stamp_in_the_text_itself_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "directive.yaml"
        path.write_text(file_text(), encoding="utf-8")
        with pytest.raises(SecretDocument):
            check_file(path, text="TỈNH ỦY\nTỐI MẬT\nSở A tổ chức thực hiện")
