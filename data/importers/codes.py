"""The codes of the import reports, each with its way out in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RejectCode(StrEnum):
    """What can be wrong with a document. Codes are stable; texts may change."""

    # files
    FILE_MISSING = "FILE_MISSING"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FILE_EMPTY = "FILE_EMPTY"
    NOT_UTF8 = "NOT_UTF8"
    NOT_A_ZIP = "NOT_A_ZIP"
    ZIP_BOMB = "ZIP_BOMB"
    # tables
    CSV_MALFORMED = "CSV_MALFORMED"
    CSV_TRUNCATED = "CSV_TRUNCATED"
    HEADER_WRONG = "HEADER_WRONG"
    COLUMN_COUNT = "COLUMN_COUNT"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    NO_ROWS = "NO_ROWS"
    # values
    VALUE_MISSING = "VALUE_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    FORMULA_TEXT = "FORMULA_TEXT"
    NOT_AN_INTEGER = "NOT_AN_INTEGER"
    NOT_A_DECIMAL = "NOT_A_DECIMAL"
    NOT_AN_ANGLE = "NOT_AN_ANGLE"
    NOT_A_FLAG = "NOT_A_FLAG"
    NOT_A_DATE = "NOT_A_DATE"
    EMPTY_LIST_ITEM = "EMPTY_LIST_ITEM"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    FLOAT_AMOUNT = "FLOAT_AMOUNT"
    AMOUNT_MALFORMED = "AMOUNT_MALFORMED"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    HOURS_NOT_EXACT = "HOURS_NOT_EXACT"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    IDENTIFIER_CHECK_DIGIT = "IDENTIFIER_CHECK_DIGIT"
    # rows against each other
    DUPLICATE_ID = "DUPLICATE_ID"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    UNKNOWN_PARK = "UNKNOWN_PARK"
    UNKNOWN_OFFER = "UNKNOWN_OFFER"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    UNKNOWN_ENTERPRISE = "UNKNOWN_ENTERPRISE"
    STEPS_NOT_CONSECUTIVE = "STEPS_NOT_CONSECUTIVE"
    ORDER_WITHOUT_OPERATIONS = "ORDER_WITHOUT_OPERATIONS"
    INCONSISTENT = "INCONSISTENT"
    # settings.json and other JSON
    JSON_MALFORMED = "JSON_MALFORMED"
    SETTINGS_KEYS = "SETTINGS_KEYS"
    # workbooks
    WORKBOOK_NOT_XLSX = "WORKBOOK_NOT_XLSX"
    WORKBOOK_HAS_MACROS = "WORKBOOK_HAS_MACROS"
    WORKBOOK_ENCRYPTED = "WORKBOOK_ENCRYPTED"
    SHEET_MISSING = "SHEET_MISSING"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_TWICE = "COLUMN_TWICE"
    COLUMN_UNKNOWN = "COLUMN_UNKNOWN"
    # XML
    XML_MALFORMED = "XML_MALFORMED"
    XML_DOCTYPE = "XML_DOCTYPE"
    XML_ENTITY = "XML_ENTITY"
    XML_XINCLUDE = "XML_XINCLUDE"
    XML_TOO_DEEP = "XML_TOO_DEEP"
    XML_TOO_MANY_ELEMENTS = "XML_TOO_MANY_ELEMENTS"
    # UBL
    UBL_ROOT_NOT_SUPPORTED = "UBL_ROOT_NOT_SUPPORTED"
    UBL_VERSION_NOT_SUPPORTED = "UBL_VERSION_NOT_SUPPORTED"
    TOO_MANY_LINES = "TOO_MANY_LINES"
    ELEMENT_MISSING = "ELEMENT_MISSING"
    ELEMENT_REPEATED = "ELEMENT_REPEATED"
    CURRENCY_MISSING = "CURRENCY_MISSING"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    QUANTITY_MALFORMED = "QUANTITY_MALFORMED"
    QUANTITY_TOO_PRECISE = "QUANTITY_TOO_PRECISE"


def _way(en: str, zh: str) -> Mapping[str, str]:
    return {"en": en, "zh-CN": zh}


_C = RejectCode

WAYS_OUT: Mapping[RejectCode, Mapping[str, str]] = {
    _C.FILE_MISSING: _way("Check the path, or put the file there.", "请检查路径，或补上该文件。"),
    _C.FILE_UNREADABLE: _way("Check the name and the access rights.", "请检查文件名和访问权限。"),
    _C.FILE_TOO_LARGE: _way(
        "Split the document or leave out attachments.", "请拆分文件或去掉附件。"
    ),
    _C.FILE_EMPTY: _way("Send the whole file again.", "请重新发送完整文件。"),
    _C.NOT_UTF8: _way("Save the file as UTF-8.", "请将文件另存为 UTF-8 编码。"),
    _C.NOT_A_ZIP: _way("Pack the files as a plain .zip.", "请打包为普通 .zip 文件。"),
    _C.ZIP_BOMB: _way(
        "Save the document again with the program that made it.", "请用原程序重新保存该文件。"
    ),
    _C.CSV_MALFORMED: _way(
        "Close every quotation mark; double it inside a quoted cell.",
        "请补全引号；引号内的引号要写两次。",
    ),
    _C.CSV_TRUNCATED: _way(
        "The last line does not end: send the whole file again.",
        "最后一行不完整：请重新发送完整文件。",
    ),
    _C.HEADER_WRONG: _way("Use exactly the header of the format.", "请使用规定的表头。"),
    _C.COLUMN_COUNT: _way("Give the row as many cells as the header.", "该行的列数须与表头一致。"),
    _C.TOO_MANY_ROWS: _way("Split the document.", "请拆分文件。"),
    _C.NO_ROWS: _way("Fill in at least one row.", "请至少填写一行。"),
    _C.VALUE_MISSING: _way("Fill in the cell.", "请填写该单元格。"),
    _C.TEXT_TOO_LONG: _way("Shorten the text.", "请缩短文字。"),
    _C.CONTROL_CHARACTER: _way("Remove the invisible characters.", "请删除不可见字符。"),
    _C.FORMULA_TEXT: _way(
        "Let identifiers start with a letter or a digit.", "编号请以字母或数字开头。"
    ),
    _C.NOT_AN_INTEGER: _way("Write plain digits.", "请只写数字。"),
    _C.NOT_A_DECIMAL: _way(
        "Write plain digits with at most one decimal point.", "请写数字，最多一个小数点。"
    ),
    _C.NOT_AN_ANGLE: _way("Write decimal degrees.", "请填写十进制度数。"),
    _C.NOT_A_FLAG: _way("Write 0 or 1.", "请填写 0 或 1。"),
    _C.NOT_A_DATE: _way("Write a date as YYYY-MM-DD.", "日期请写为 YYYY-MM-DD。"),
    _C.EMPTY_LIST_ITEM: _way("Remove the extra separator.", "请删除多余的分隔符。"),
    _C.OUT_OF_RANGE: _way("Correct the value.", "请更正该数值。"),
    _C.FLOAT_AMOUNT: _way(
        "Write money as a whole number of fen, without a decimal point.",
        "金额以分为单位填写整数，不带小数点。",
    ),
    _C.AMOUNT_MALFORMED: _way(
        "Write the amount with plain digits, no exponent, no grouping.",
        "金额只写数字，不用科学计数法和千位分隔符。",
    ),
    _C.AMOUNT_TOO_PRECISE: _way(
        "Round the amount to the smallest unit of its currency.", "请将金额取整到该货币的最小单位。"
    ),
    _C.HOURS_NOT_EXACT: _way(
        "Give hours that are whole minutes, for example 0.5 or 7:20.",
        "小时数须折合整数分钟，例如 0.5 或 7:20。",
    ),
    _C.UNKNOWN_VALUE: _way(
        "Choose a value of the list on the sheet 清单 Lists.", "请从“清单 Lists”中选择。"
    ),
    _C.IDENTIFIER_CHECK_DIGIT: _way(
        "Compare the identifier with the certificate of registration.", "请核对营业执照上的代码。"
    ),
    _C.DUPLICATE_ID: _way("Give every row an identifier of its own.", "每行编号不得重复。"),
    _C.DUPLICATE_ROW: _way("Keep one of the rows.", "请只保留一行。"),
    _C.UNKNOWN_PARK: _way("Name a park of the list of parks.", "请填写园区清单中的园区。"),
    _C.UNKNOWN_OFFER: _way("Name an offer of the same document.", "请填写同一文件中的产能编号。"),
    _C.UNKNOWN_ORDER: _way(
        "Name an order (and step) of the same document.", "请填写同一文件中的订单编号和工序号。"
    ),
    _C.UNKNOWN_ENTERPRISE: _way(
        "Name an enterprise of the same document.", "请填写同一文件中的企业编号。"
    ),
    _C.STEPS_NOT_CONSECUTIVE: _way(
        "Number the steps of an order 1, 2, 3 without holes.", "工序号须为 1、2、3……连续。"
    ),
    _C.ORDER_WITHOUT_OPERATIONS: _way(
        "Give the order at least one operation.", "每个订单至少要有一道工序。"
    ),
    _C.INCONSISTENT: _way("Correct the values named.", "请更正所列数值。"),
    _C.JSON_MALFORMED: _way("Write one valid JSON object.", "请写一个合法的 JSON 对象。"),
    _C.SETTINGS_KEYS: _way("Give exactly the keys of the format.", "请只写规定的键。"),
    _C.WORKBOOK_NOT_XLSX: _way(
        "Save the workbook as .xlsx (Excel workbook).", "请另存为 .xlsx（Excel 工作簿）。"
    ),
    _C.WORKBOOK_HAS_MACROS: _way(
        "Save the workbook as .xlsx without macros.", "请另存为不含宏的 .xlsx。"
    ),
    _C.WORKBOOK_ENCRYPTED: _way("Remove the password.", "请去除密码。"),
    _C.SHEET_MISSING: _way("Start from the template.", "请使用模板填写。"),
    _C.COLUMN_MISSING: _way("Start from the template.", "请使用模板填写。"),
    _C.COLUMN_TWICE: _way("Keep one of the two columns.", "请只保留一列。"),
    _C.COLUMN_UNKNOWN: _way(
        "Delete the column or use a heading of the template.", "请删除该列或使用模板中的表头。"
    ),
    _C.XML_MALFORMED: _way("Export the document again.", "请重新导出该文件。"),
    _C.XML_DOCTYPE: _way("Remove the DOCTYPE.", "请删除 DOCTYPE。"),
    _C.XML_ENTITY: _way("Write the text itself.", "请直接写出文字。"),
    _C.XML_XINCLUDE: _way("Put the content into the document itself.", "请将内容直接写入文件。"),
    _C.XML_TOO_DEEP: _way("Export the document again.", "请重新导出该文件。"),
    _C.XML_TOO_MANY_ELEMENTS: _way("Split the document.", "请拆分文件。"),
    _C.UBL_ROOT_NOT_SUPPORTED: _way(
        "Send a UBL 2 Order; other documents are not read yet.",
        "请发送 UBL 2 Order；其他单据尚不支持。",
    ),
    _C.UBL_VERSION_NOT_SUPPORTED: _way("Export as UBL 2.", "请导出为 UBL 2。"),
    _C.TOO_MANY_LINES: _way("Split the order.", "请拆分订单。"),
    _C.ELEMENT_MISSING: _way("Add the element.", "请补上该元素。"),
    _C.ELEMENT_REPEATED: _way("Keep one of the elements.", "请只保留一个元素。"),
    _C.CURRENCY_MISSING: _way("State the currency.", "请写明货币。"),
    _C.CURRENCY_UNKNOWN: _way("Use a code of ISO 4217.", "请使用 ISO 4217 货币代码。"),
    _C.CURRENCY_MISMATCH: _way(
        "Use one currency in the whole document.", "同一单据只能使用一种货币。"
    ),
    _C.QUANTITY_MALFORMED: _way("Write the quantity with plain digits.", "数量只写数字。"),
    _C.QUANTITY_TOO_PRECISE: _way(
        "Give the quantity with at most three decimals.", "数量最多三位小数。"
    ),
}
