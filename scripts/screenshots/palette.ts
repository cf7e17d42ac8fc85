/** Makes a picture of a page small: its few colours go into a palette, a byte a pixel. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const MAX_COLOURS = 256;
const INDEXED = 3;

type Picture = { readonly width: number; readonly height: number; readonly pixels: readonly number[] };

/** A PNG of 8-bit colours as one with a palette. Beyond 256 colours the rarer ones become the nearest of the others. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, pixels } = readPng(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette = byCount.slice(0, MAX_COLOURS);
  const indexOf = new Map(byCount.map((colour, at) => [colour, at < MAX_COLOURS ? at : nearestIn(palette, colour)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (const [at, colour] of pixels.entries()) rows[at + Math.floor(at / width) + 1] = indexOf.get(colour) ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED], 8);
  return Buffer.concat([
    SIGNATURE,
    chunkOf("IHDR", header),
    chunkOf("PLTE", Buffer.from(palette.flatMap(channelsOf))),
    chunkOf("IDAT", deflateSync(rows, { level: 9 })),
    chunkOf("IEND", Buffer.alloc(0)),
  ]);
}

function channelsOf(colour: number): [number, number, number] {
  return [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
}

function nearestIn(palette: readonly number[], colour: number): number {
  const wanted = channelsOf(colour);
  const distances = palette.map((other) => channelsOf(other).reduce((sum, value, at) => sum + (value - (wanted[at] ?? 0)) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}

function readPng(png: Buffer): Picture {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = png[25] === 6 ? 4 : 3;
  const rows = unfilter(inflateSync(Buffer.concat(chunksOf(png, "IDAT"))), width * channels, channels);
  const pixels = Array.from({ length: width * height }, (_, at) => rows.readUIntBE(at * channels, 3));
  return { width, height, pixels };
}

function chunksOf(png: Buffer, wanted: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === wanted) found.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return found;
}

/** Each row of a PNG is told as the difference to its neighbours. */
function unfilter(data: Buffer, stride: number, channels: number): Buffer {
  const rows = Buffer.alloc((data.length / (stride + 1)) * stride);
  for (let to = 0; to < rows.length; to += 1) {
    const [row, x] = [Math.floor(to / stride), to % stride];
    const left = x < channels ? 0 : (rows[to - channels] ?? 0);
    const up = row === 0 ? 0 : (rows[to - stride] ?? 0);
    const upLeft = row === 0 || x < channels ? 0 : (rows[to - stride - channels] ?? 0);
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, upLeft)];
    rows[to] = (data[to + row + 1] ?? 0) + (guesses[data[row * (stride + 1)] ?? 0] ?? 0);
  }
  return rows;
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function chunkOf(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}
