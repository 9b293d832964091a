# SPDX-License-Identifier: Apache-2.0
"""Texts that tokenizers get wrong, and random ones made of the same pieces. Bytes, not strings: some
are not UTF-8."""
import random

SPACES = [9, 10, 11, 12, 13, 0x1C, 0x1F, 0x20, 0x85, 0xA0, 0x1680, 0x180E, 0x2000, 0x200A, 0x200B, 0x2028,
          0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "\u2019s", "'", "''", "'x", "'l"]
MARKERS = ["<|startoftext|>", "<|endoftext|>", "<|STARTOFTEXT|>", "<|EndOfText|>", "<|endoftext|", "|>", "<|",
           "</w>", "<\u200b|endoftext|>", "< |endoftext|>"]
WORDS = ["a", "photo", "of", "an", "astronaut", "riding", "HORSE", "Beautiful", "4k", "trending", "artstation",
         "iPhone", "caf\u00e9", "cafe\u0301", "na\u00efve", "stra\u00dfe", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3",
         "\u0130stanbul", "\u1e9e", "\u01c5", "\ufb01re", "\u212b", "\u2126", "\u00bd", "\u00b2", "\u2167", "\u0663"]
EMOJI = ["\U0001F600", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "\u2764\ufe0f", "\U0001F1E9\U0001F1EA",
         "\U0001F44B\U0001F3FD", "\U0001F3F4\U000E0067\U000E0062\U000E007F", "5\ufe0f\u20e3", "\u263a"]
SCRIPTS = [(0x0041, 0x7A), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x591, 0x5F4),
           (0x600, 0x6FF), (0x900, 0x97F), (0xB80, 0xBFF), (0xE00, 0xE7F), (0xF00, 0xFFF), (0x1100, 0x11FF),
           (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20D0, 0x20FF),
           (0x2100, 0x218F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xA7C0, 0xA7FF), (0xAC00, 0xD7A3),
           (0xD7B0, 0xD7FF), (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFFF0, 0xFFFF),
           (0x105C0, 0x105FF), (0x10D40, 0x10D8F), (0x11380, 0x113E2), (0x11930, 0x11943), (0x16100, 0x16139),
           (0x16D40, 0x16D79), (0x1D150, 0x1D1FF), (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x1F300, 0x1FAFF),
           (0x20000, 0x2A6DF), (0x2F800, 0x2FA1F), (0xE0000, 0xE01EF), (0xF0000, 0xF00FF), (0x10FF00, 0x10FFFF)]
BROKEN = [b"\x80", b"\xff", b"\xc0\xaf", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80",
          b"\xf5\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xc3\xc3\xa9", b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf",
          b"\x00"]


def piece(rng):
    kind = rng.randrange(13)
    if kind <= 2:
        return rng.choice(WORDS).encode()
    if kind == 3:
        return chr(rng.choice(SPACES)).encode() * rng.randint(1, 3)
    if kind == 4:
        return rng.choice(CONTRACTIONS).encode()
    if kind == 5:
        return rng.choice(MARKERS).encode()
    if kind == 6:
        return rng.choice(EMOJI).encode()
    if kind == 7:
        return str(rng.randrange(10 ** rng.randint(1, 6))).encode()
    if kind == 8:
        return "".join(rng.choice("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") for _ in range(rng.randint(1, 6))).encode()
    if kind == 9:
        return rng.choice(BROKEN)
    if kind == 10:
        points = [rng.randrange(0x110000) for _ in range(rng.randint(1, 6))]
    elif kind == 11:
        low, high = rng.choice(SCRIPTS)
        points = [rng.randint(low, high) for _ in range(rng.randint(1, 8))]
    else:  # a letter and marks of many classes: what normalisation has to sort and join
        marks = [(0x300, 0x36F), (0x591, 0x5C7), (0x64B, 0x65F), (0x1AB0, 0x1ADF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0),
                 (0x1161, 0x1175), (0x11A7, 0x11C2), (0x3099, 0x309A), (0x093C, 0x094D), (0x1D165, 0x1D172)]
        points = [rng.choice([0x61, 0x41, 0x1EA0, 0x390, 0x915, 0x1100, 0xAC00, 0x304B, 0x1D158, 0x11935, 0x113C2])]
        for _ in range(rng.randint(1, 9)):
            low, high = rng.choice(marks)
            points.append(rng.randint(low, high))
    return "".join(chr(c) for c in points if not 0xD800 <= c <= 0xDFFF).encode()


def random_text(rng):
    longest = rng.choice([1, 3, 8, 8, 20, 20, 60, 200])
    glue = rng.choice([b"", b" ", b" ", b", "])
    return glue.join(piece(rng) for _ in range(rng.randint(0, longest)))


def random_texts(count, seed):
    rng = random.Random(seed)
    return [random_text(rng) for _ in range(count)]


def chosen_texts():
    """By hand: each stands for something that went, or could go, wrong."""
    texts = ["", " ", "\n\t ", "a", "A Photo of an ASTRONAUT riding a horse on mars", "a" * 3000, "!" * 500, "1" * 100,
             "word " * 100, "it's 'twas don't I'll we've you're I'd I'm 'sound o'clock ''s'd'll",
             "rock'n'roll '90s 'RE 'Ll", "x<|endoftext|>y", "x <|startoftext|> y<|endoftext|><|endoftext|>",
             "<|ENDOFTEXT|>!", "!<|STARTOFTEXT|>!", "<|startoftext|", "e<|endoftext|>\u0301", "</w>", "a</w> b",
             "\u0130I\u0131i", "\u03a3\u03a3 \u03a3", "\ufb03", "\uac00\u11a7", "\uac00\u11a8", "\u1100\u1161\u11a8",
             "\U00011935\U00011930", "\U00011938", "a\u0328\u0301\u0323", "a\u0301\u0323\u1df6\u0302", "\u0344\u0340",
             "q\u0307\u0323", "\u2126\u212a\u212b", "\U0002F800", "\u0958", "\ufb2c", "\U0001D160", "x\u00a0y\u3000z\u2028w",
             "zero\u200bwidth\u200djoin", "\x00a\x00", "caf\u00e9 cafe\u0301", "\u00b2\u00bd\u2167\u0663\u4e00",
             "\u4f60\u597d\u4e16\u754c", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "\u0928\u092e\u0938\u094d\u0924\u0947",
             " ".join(EMOJI), "".join(EMOJI), "a" + "\u0301\u0323" * 400, "\U00016EA0\U00010D50\ua7dc\u1c89",
             "https://example.com/a_b?c=d&e=f#g", "C:\\path\\file.png", "(masterpiece:1.2), [best], {quality}",
             "\t a \r\n b \x85 c", "one\u2003two", "\ufeffbom", "\ufffd\uffff\U0010FFFF"]
    return [t.encode() for t in texts] + BROKEN + [b"caf\xc3\xa9 " + b + b" x" for b in BROKEN]
