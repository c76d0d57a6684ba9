import {randomBytes} from 'node:crypto';
import {dirname, join} from 'node:path';
import type {Disk} from './disk.ts';
import {noSpace} from './disk-space.ts';

/**
 * A file of real blocks beside the journal. When the disk is full, it is given back piece by piece for the lines that
 * undo a run: without them, a freeze could not be reversed.
 */
export const reserveBeside = (journal: string): string => join(dirname(journal), 'reserve');

/**
 * More than the longest reversal of a runbook with so many entries writes: that of bare-metal-to-ecs writes 0.6 KB per
 * entry, and each retry as much again.
 */
export const reserveBytesFor = (entries: number): number => 64 * kib + entries * 8 * kib;

/** What a whole run writes beside its reserve: its journal, its lock, its plans. */
const runBytesFor = (entries: number): number => 64 * kib + entries * 16 * kib;

/** What must be free before a run begins. */
export const roomFor = (entries: number): number => reserveBytesFor(entries) + runBytesFor(entries);

export const reserveSize = (disk: Disk, path: string): number =>
  disk.exists(path) ? disk.stat(path).size : 0;

/** Makes the reserve as long as it should be. Where the disk does not take it, it is as long as before. */
export function fillReserve(disk: Disk, path: string, bytes: number): void {
  const size = reserveSize(disk, path);
  if (size >= bytes) {
    return;
  }
  const file = disk.exists(path) ? disk.open(path) : disk.create(path);
  try {
    for (let at = size; at < bytes; ) {
      // A file system that compresses would keep zeros in no block at all.
      const piece = randomBytes(Math.min(pieceBytes, bytes - at));
      const taken = disk.write(file, piece);
      if (taken < piece.length) {
        throw noSpace(taken, piece.length);
      }
      at += taken;
    }
    disk.sync(file);
  } catch (cause) {
    disk.truncate(file, size);
    throw cause;
  } finally {
    disk.close(file);
  }
}

/**
 * Gives back enough for `needed` bytes; `false` when nothing is left. Only a piece at a time: another program on the
 * same disk may take what is free before the journal does.
 */
export function giveBackReserve(disk: Disk, path: string, needed: number): boolean {
  const size = reserveSize(disk, path);
  if (size === 0) {
    return false;
  }
  const file = disk.open(path);
  try {
    disk.truncate(file, Math.max(0, size - Math.max(pieceBytes, needed * 2)));
    // Some file systems free the blocks only then.
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  return true;
}

const kib = 1024;
const pieceBytes = 16 * kib;
