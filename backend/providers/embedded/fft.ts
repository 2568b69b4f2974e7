/**
 * Power spectrum of real frames of `size` samples, size = 2 * 2^a * 5^b (Whisper's 400): the even and odd samples go
 * as one complex signal of half the length through a mixed-radix Stockham FFT, then are told apart (Numerical
 * Recipes, section 12.3). All tables and buffers are made once.
 */
export class RealFft {
  /** Bins of the spectrum: size / 2 + 1. */
  readonly bins: number;
  readonly #n: number;
  readonly #radices: readonly number[];
  /** exp(-2 pi i k / n) and, to tell even from odd, exp(-2 pi i k / size). */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #splitCos: Float64Array;
  readonly #splitSin: Float64Array;
  #re: Float64Array;
  #im: Float64Array;
  #nextRe: Float64Array;
  #nextIm: Float64Array;

  constructor(size: number) {
    const n = size / 2;
    this.#n = n;
    this.bins = n + 1;
    this.#radices = factors(n);
    this.#cos = Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
    this.#sin = Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
    this.#splitCos = Float64Array.from({ length: n + 1 }, (_, k) => Math.cos((Math.PI * k) / n));
    this.#splitSin = Float64Array.from({ length: n + 1 }, (_, k) => -Math.sin((Math.PI * k) / n));
    this.#re = new Float64Array(n);
    this.#im = new Float64Array(n);
    this.#nextRe = new Float64Array(n);
    this.#nextIm = new Float64Array(n);
  }

  /** Fills `out` (bins) with |X[k]|^2 of `frame` (size samples). */
  power(frame: Float64Array, out: Float64Array): void {
    const n = this.#n;
    for (let i = 0; i < n; i++) {
      this.#re[i] = frame[2 * i] ?? 0;
      this.#im[i] = frame[2 * i + 1] ?? 0;
    }
    this.#transform();
    const re = this.#re;
    const im = this.#im;
    for (let k = 0; k <= n; k++) {
      const a = k === n ? 0 : k;
      const b = k === 0 ? 0 : n - k;
      const evenRe = ((re[a] ?? 0) + (re[b] ?? 0)) / 2;
      const evenIm = ((im[a] ?? 0) - (im[b] ?? 0)) / 2;
      const oddRe = ((im[a] ?? 0) + (im[b] ?? 0)) / 2;
      const oddIm = ((re[b] ?? 0) - (re[a] ?? 0)) / 2;
      const c = this.#splitCos[k] ?? 0;
      const s = this.#splitSin[k] ?? 0;
      const x = evenRe + c * oddRe - s * oddIm;
      const y = evenIm + c * oddIm + s * oddRe;
      out[k] = x * x + y * y;
    }
  }

  /** Stockham autosort: each pass takes one factor out and leaves the order right for the next. */
  #transform(): void {
    let length = this.#n;
    let stride = 1;
    for (const radix of this.#radices) {
      const step = length / radix;
      for (let p = 0; p < step; p++) {
        if (radix === 5) this.#butterflies5(p, step, stride);
        else this.#butterflies2(p, step, stride);
      }
      [this.#re, this.#nextRe] = [this.#nextRe, this.#re];
      [this.#im, this.#nextIm] = [this.#nextIm, this.#im];
      length = step;
      stride *= radix;
    }
  }

  #butterflies2(p: number, step: number, stride: number): void {
    const re = this.#re;
    const im = this.#im;
    const outRe = this.#nextRe;
    const outIm = this.#nextIm;
    const c = this.#cos[p * stride] ?? 0;
    const s = this.#sin[p * stride] ?? 0;
    for (let q = 0; q < stride; q++) {
      const from = q + stride * p;
      const to = q + stride * 2 * p;
      const aRe = re[from] ?? 0;
      const aIm = im[from] ?? 0;
      const bRe = re[from + stride * step] ?? 0;
      const bIm = im[from + stride * step] ?? 0;
      outRe[to] = aRe + bRe;
      outIm[to] = aIm + bIm;
      outRe[to + stride] = (aRe - bRe) * c - (aIm - bIm) * s;
      outIm[to + stride] = (aRe - bRe) * s + (aIm - bIm) * c;
    }
  }

  #butterflies5(p: number, step: number, stride: number): void {
    const re = this.#re;
    const im = this.#im;
    const outRe = this.#nextRe;
    const outIm = this.#nextIm;
    const cos = this.#cos;
    const sin = this.#sin;
    const turn = p * stride;
    const hop = stride * step;
    for (let q = 0; q < stride; q++) {
      const from = q + stride * p;
      const to = q + stride * 5 * p;
      const aRe = re[from] ?? 0;
      const aIm = im[from] ?? 0;
      const bRe = re[from + hop] ?? 0;
      const bIm = im[from + hop] ?? 0;
      const cRe = re[from + 2 * hop] ?? 0;
      const cIm = im[from + 2 * hop] ?? 0;
      const dRe = re[from + 3 * hop] ?? 0;
      const dIm = im[from + 3 * hop] ?? 0;
      const eRe = re[from + 4 * hop] ?? 0;
      const eIm = im[from + 4 * hop] ?? 0;
      // Outputs 1 and 4, 2 and 3 are conjugate turns of each other: sums serve the one half, differences the other.
      const [sumBE, difBE, sumCD, difCD] = [bRe + eRe, bRe - eRe, cRe + dRe, cRe - dRe];
      const [sumBEi, difBEi, sumCDi, difCDi] = [bIm + eIm, bIm - eIm, cIm + dIm, cIm - dIm];
      outRe[to] = aRe + sumBE + sumCD;
      outIm[to] = aIm + sumBEi + sumCDi;
      const near = { re: aRe + C1 * sumBE + C2 * sumCD, im: aIm + C1 * sumBEi + C2 * sumCDi };
      const far = { re: aRe + C2 * sumBE + C1 * sumCD, im: aIm + C2 * sumBEi + C1 * sumCDi };
      const nearTurn = { re: S1 * difBEi + S2 * difCDi, im: -S1 * difBE - S2 * difCD };
      const farTurn = { re: S2 * difBEi - S1 * difCDi, im: -S2 * difBE + S1 * difCD };
      put(outRe, outIm, to + stride, near.re + nearTurn.re, near.im + nearTurn.im, cos, sin, turn);
      put(outRe, outIm, to + 2 * stride, far.re + farTurn.re, far.im + farTurn.im, cos, sin, 2 * turn);
      put(outRe, outIm, to + 3 * stride, far.re - farTurn.re, far.im - farTurn.im, cos, sin, 3 * turn);
      put(outRe, outIm, to + 4 * stride, near.re - nearTurn.re, near.im - nearTurn.im, cos, sin, 4 * turn);
    }
  }
}

const C1 = Math.cos((2 * Math.PI) / 5);
const C2 = Math.cos((4 * Math.PI) / 5);
const S1 = Math.sin((2 * Math.PI) / 5);
const S2 = Math.sin((4 * Math.PI) / 5);

/** out[at] = (re + i im) * w^turn. */
function put(
  outRe: Float64Array,
  outIm: Float64Array,
  at: number,
  re: number,
  im: number,
  cos: Float64Array,
  sin: Float64Array,
  turn: number,
): void {
  const c = cos[turn] ?? 0;
  const s = sin[turn] ?? 0;
  outRe[at] = re * c - im * s;
  outIm[at] = re * s + im * c;
}

function factors(n: number): number[] {
  const found: number[] = [];
  let rest = n;
  for (const factor of [5, 2]) {
    while (rest % factor === 0) {
      found.push(factor);
      rest /= factor;
    }
  }
  if (rest !== 1) throw new RangeError(`an FFT of ${2 * n} samples is not made of factors 2 and 5`);
  return found;
}
