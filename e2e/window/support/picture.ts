import type { Page } from 'playwright-core';
import { z } from 'zod';
import { until } from '../../support/until.ts';

const laneTops = z.record(z.string(), z.number());

export type Rgb = readonly [red: number, green: number, blue: number];

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, as base64. */
  readonly data: string;
  /** Canvas pixels to a CSS pixel. */
  readonly scale: number;
  readonly from: string;
  readonly to: string;
  readonly tops: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** The lanes as they are on the screen: the canvas's pixels, and which instants they stand for. */
export class Picture {
  readonly width: number;
  readonly #data: Buffer;
  readonly #scale: number;
  readonly #from: number;
  readonly #msPerPx: number;
  readonly #tops: Readonly<Record<string, number>>;
  readonly #height: number;
  readonly #tokens: Pixels['tokens'];

  private constructor(pixels: Pixels) {
    this.width = pixels.width;
    this.#height = pixels.height;
    this.#data = Buffer.from(pixels.data, 'base64');
    this.#scale = pixels.scale;
    this.#from = Number(pixels.from);
    this.#msPerPx = (Number(pixels.to) - this.#from) / pixels.width;
    this.#tops = laneTops.parse(JSON.parse(pixels.tops));
    this.#tokens = pixels.tokens;
  }

  /** This instant. The lanes must not follow a call: they would have moved on from what they say is on show. */
  static async now(page: Page): Promise<Picture> {
    return new Picture(await readPixels(page));
  }

  /** Once it stands still: nothing of the call is still to be drawn. */
  static async still(page: Page): Promise<Picture> {
    let last = await readPixels(page);
    await until('lanes that stand still', async () => {
      const before = last;
      last = await readPixels(page);
      return before.data === last.data && before.from === last.from && before.to === last.to;
    });
    return new Picture(last);
  }

  get msPerPx(): number {
    return this.#msPerPx;
  }

  /** Canvas column of an instant, ms since the call's start. */
  x(ms: number): number {
    return Math.round(ms / this.#msPerPx) - Math.round(this.#from / this.#msPerPx);
  }

  /** Instants that a column stands for. */
  span(x: number): readonly [from: number, to: number] {
    const column = x + Math.round(this.#from / this.#msPerPx);
    return [column * this.#msPerPx, (column + 1) * this.#msPerPx];
  }

  /** First canvas row of a lane. */
  top(lane: string): number {
    const top = this.#tops[lane];
    if (top === undefined) throw new Error(`there is no lane ${lane}`);
    return Math.round(top * this.#scale);
  }

  /** First canvas row below a lane. */
  bottom(lane: string): number {
    const below = Object.values(this.#tops).filter((top) => top > (this.#tops[lane] ?? Infinity));
    return below.length === 0 ? this.#height : Math.round(Math.min(...below) * this.#scale);
  }

  pixel(x: number, y: number): Rgb {
    const at = 4 * (y * this.width + x);
    return [this.#data[at] ?? 0, this.#data[at + 1] ?? 0, this.#data[at + 2] ?? 0];
  }

  /** Whether a pixel has the hue of a colour of the theme, be it lighter or darker than that. */
  isInk(x: number, y: number, token: string): boolean {
    const pixel = hueOf(this.pixel(x, y));
    const wanted = hueOf(rgbOf(this.#tokens[token] ?? ''));
    return pixel.chroma > 25 && Math.abs(((pixel.hue - wanted.hue + 540) % 360) - 180) < 15;
  }

  /** How far a waveform rises above its centre line in each column, canvas pixels; -1: there is no ink at all. */
  rises(lane: string, token: string): number[] {
    const [top, bottom] = [this.top(lane), this.bottom(lane)];
    const rows = Array.from({ length: bottom - top }, (_, row) => top + row);
    const columns = Array.from({ length: this.width }, (_, x) => x);
    const inked = rows.map((y) => columns.filter((x) => this.isInk(x, y, token)).length);
    // Where there is sound or silence, there is ink on the centre line.
    const centre = top + inked.indexOf(Math.max(...inked));
    return columns.map((x) => {
      const highest = rows.find((y) => y <= centre && this.isInk(x, y, token));
      return highest === undefined ? -1 : centre - highest;
    });
  }
}

function readPixels(page: Page): Promise<Pixels> {
  return page.locator('section[data-lane-tops]').evaluate(async (section) => {
    // What was asked for last is drawn with the next frame.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const canvas = section.querySelector('canvas');
    const pen = canvas?.getContext('2d');
    if (!canvas || !pen) throw new Error('there is no canvas');
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    let binary = '';
    for (let at = 0; at < data.length; at += 0x8000) {
      binary += String.fromCharCode(...data.subarray(at, at + 0x8000));
    }
    const theme = getComputedStyle(document.documentElement);
    const { viewFrom = '', viewTo = '', laneTops = '' } = section.dataset;
    return {
      width: canvas.width,
      height: canvas.height,
      data: btoa(binary),
      scale: devicePixelRatio,
      from: viewFrom,
      to: viewTo,
      tops: laneTops,
      tokens: Object.fromEntries(
        ['--caller', '--bot'].map((name) => [name, theme.getPropertyValue(name).trim()]),
      ),
    };
  });
}

function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function hueOf([red, green, blue]: Rgb): { readonly hue: number; readonly chroma: number } {
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (chroma === 0) return { hue: 0, chroma };
  const sixth =
    most === red
      ? ((green - blue) / chroma + 6) % 6
      : most === green
        ? (blue - red) / chroma + 2
        : (red - green) / chroma + 4;
  return { hue: sixth * 60, chroma };
}
