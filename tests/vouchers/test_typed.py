"""A typed number or code is noticed; dates, amounts, postcodes and Arabic with digits are not taken for one."""

import pytest

from helpline.vouchers.typed import names_someone

SOMEBODY = [
    "check 0612345678", "my number is +31 6 1234 5678", "06-12 34 56 78", "06.12.34.56.78", "31612345678",
    "رقمي ٠٦١٢٣٤٥٦٧٨", "NL91 ABNA 0417 1643 00", "nl91abna0417164300", "code 6304-ABCD-1234", "44e62864557597e0d",
    "PA #12", "my code is 4471", "Mijn nummer is 12345", "6304 1234 5678 9012 345", "referência: 88213", "كود 5512",
    "BSN 123456782", "A1B2C3D4", "رقم 99812", "(+31) 612345678", "00212 6 12 34 56 78", "le code c'est 4471",
    "el código es 991234", "pin 1234", "＋３１６１２３４５６７８",
    "\u202a+31 6 1234 5678\u202c", "0612345678 and 24-11-2026",
]  # fmt: skip
NOBODY = [
    "", "when is my voucher", "24-11-2026", "on 24/11", "17.50 euro", "€ 17,50", "1012 AB Amsterdam", "1012AB",
    "at 10:30", "in 2026", "3andi mochkil 7ta l9it", "ma3andich 7ata chi haja had sbou3", "numero em 2010",
    "7a9i9a 9addach b9a",
    "covid19", "10december", "24nov2026", "week 47", "I have 3 children, 2 vouchers of 17,50", "tot 2027-01-05",
    "1.000 euro", "9h30", "no card for 17 24 november", "3, 10, 17, 24 november", "the number 113", "عندي ٣ أطفال",
    "number of vouchers: 3", "https://example.org/12345678", "2 vouchers since 3 weeks 5 days", "٢٤/١١/٢٠٢٦",
]  # fmt: skip


@pytest.mark.parametrize("text", SOMEBODY)
def test_numbers_codes_and_references_are_noticed(text):
    assert names_someone(text)


@pytest.mark.parametrize("text", NOBODY)
def test_ordinary_figures_are_not(text):
    assert not names_someone(text)
