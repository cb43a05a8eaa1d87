"""What an eye would notice on a page, measured by the browser."""

from typing import Any

from playwright.sync_api import Page

COLOURS = """
const parse = colour => {
  const parts = colour.match(/[\\d.]+/g).map(Number);
  return {rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
};
const behind = element => {
  let colour = [255, 255, 255];
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.unshift(parse(getComputedStyle(at).backgroundColor));
  for (const {rgb, alpha} of layers) colour = colour.map((under, i) => rgb[i] * alpha + under * (1 - alpha));
  return colour;
};
const luminance = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
"""
"""Contrast as WCAG 2 defines it; the background is what the boxes around an element paint."""

TEXTS = f"""() => {{
  {COLOURS}
  const seen = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {{
    const text = walk.currentNode.data.trim(), element = walk.currentNode.parentElement;
    if (!text || element.closest("title, desc, script, style, noscript")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element), drawn = element.closest("svg");
    const scale = drawn ? drawn.getScreenCTM().a : 1;
    const colour = parse(drawn ? style.fill : style.color).rgb;
    seen.push([text.slice(0, 20), contrast(colour, behind(drawn || element)), parseFloat(style.fontSize) * scale]);
  }}
  return seen;
}}"""

FOCUSED = f"""() => {{
  {COLOURS}
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const around = behind(element.parentElement);
  return {{
    words: element.innerText.trim(),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    contrast: contrast(parse(style.outlineColor).rgb, around),
    inView: box.top >= -1 && box.bottom <= innerHeight + 1 && box.left >= 0 && box.right <= innerWidth,
  }};
}}"""

CUT_OFF = """() => [...document.querySelectorAll("body *")]
  .filter(element => element.checkVisibility() && !element.closest(".skip, thead"))
  .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(element => element.outerHTML.slice(0, 80))"""


def texts(page: Page) -> list[tuple[str, float, float]]:
    """Return every visible text with its contrast and its size in pixels."""
    return [(text, contrast, size) for text, contrast, size in page.evaluate(TEXTS)]


def cut_off(page: Page) -> list[str]:
    """Return what reaches beyond the right edge, and the page itself if it can be pushed sideways."""
    beyond: list[str] = page.evaluate(CUT_OFF)
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return beyond + ["the page"] * wide


def walk_by_keyboard(page: Page) -> list[dict[str, Any]]:
    """Press Tab from the top until the focus leaves the page; return what was focused, and how it looked."""
    walked: list[dict[str, Any]] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        walked.append(focused)
    return walked
