"""Draws assets/mark.png, the "AI-animated" pill.

White letters on a dark translucent pill with a thin light rim, so that it reads on light
and dark pictures. The font is DejaVu Sans Bold (free licence, https://dejavu-fonts.github.io).
Run: python3 assets/make_mark.py  (needs Pillow and the font, Debian: fonts-dejavu-core)
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
TEXT = "AI-animated"
HEIGHT = 64
OVERSAMPLE = 4

height = HEIGHT * OVERSAMPLE
font = ImageFont.truetype(FONT, round(height * 0.56))
left, top, right, bottom = font.getbbox("A" + TEXT[1:] + "d")
length = font.getlength(TEXT)
pad = height * 0.42
width = round((length + 2 * pad) / OVERSAMPLE) * OVERSAMPLE
mark = Image.new("RGBA", (width, height), (20, 20, 24, 0))
draw = ImageDraw.Draw(mark)
rim = OVERSAMPLE * 2
draw.rounded_rectangle((0, 0, width - 1, height - 1), height // 2, fill=(255, 255, 255, 96))
draw.rounded_rectangle((rim, rim, width - 1 - rim, height - 1 - rim), height // 2 - rim, fill=(20, 20, 24, 176))
letters = Image.new("L", mark.size, 0)
ImageDraw.Draw(letters).text(((width - length) / 2, height * 0.5), TEXT, font=font, fill=255, anchor="lm")
mark = Image.composite(Image.new("RGBA", mark.size, (255, 255, 255, 255)), mark, letters)
small = mark.resize((width // OVERSAMPLE, HEIGHT), Image.Resampling.BOX)
small.save(Path(__file__).with_name("mark.png"), optimize=True)
