/** What people hand over, as sources: chosen files, a dropped folder with all that is in it, pasted text. @module */
import type { Source } from './item.ts';

/** How many files of a dropped folder are looked at; the run's own limits come on top. */
const MAX_FOLDER_FILES = 100_000;
const MAX_DEPTH = 32;

export function sourceFromText(text: string): Source {
  return { name: 'pasted text', blob: new Blob([text]), isListed: false };
}

/** Files that were chosen; those of a chosen folder bring their path. */
export function sourceFromFile(file: File): Source {
  const isListed = file.webkitRelativePath !== '';
  const name = isListed ? file.webkitRelativePath : file.name;
  return { name, blob: file, isListed };
}

/** A dropped thing that may be a folder. It must be taken out of the event before the event is over. */
export type Dropped = FileSystemEntry | File;

/** What was dropped, or nothing if it was no file. */
export function droppedFrom(transfer: DataTransfer): readonly Dropped[] {
  return [...transfer.items].flatMap((item): Dropped[] => {
    if (item.kind !== 'file') return [];
    const entry = item.webkitGetAsEntry?.() ?? null;
    // A file is taken as it is: reading it as an entry again fails on pages opened from a disk.
    const file = entry?.isDirectory ? null : item.getAsFile();
    const found = file ?? entry;
    return found === null ? [] : [found];
  });
}

/** Walks dropped folders. A folder that cannot be read is a source that cannot be read: the run says so. */
export async function sourcesFromDropped(dropped: readonly Dropped[]): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const each of dropped) {
    if (each instanceof File) sources.push(sourceFromFile(each));
    else await walk(each, 1, sources);
  }
  return inWalkOrder(sources);
}

async function walk(entry: FileSystemEntry, depth: number, sources: Source[]): Promise<void> {
  if (sources.length >= MAX_FOLDER_FILES || depth > MAX_DEPTH) return;
  const name = entry.fullPath.replace(/^\//, '');
  try {
    if (entry.isFile) {
      const blob = await fileOf(entry as FileSystemFileEntry);
      sources.push({ name, blob, isListed: true });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await readSome(reader);
      if (some.length === 0) return;
      for (const each of some) await walk(each, depth + 1, sources);
    }
  } catch {
    sources.push({ name, blob: null, isListed: false });
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function readSome(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

/** How many things the person named: a folder is one, however many files it holds. */
export function inputsIn(sources: readonly Source[]): number {
  return groupsOf(sources).length;
}

/** The files of a folder in the order in which the command line walks it; what was given by itself stays where it is. */
export function inWalkOrder(sources: readonly Source[]): readonly Source[] {
  return groupsOf(sources).flatMap((group) =>
    group
      .map((source) => ({ source, parts: source.name.split('/') }))
      .sort((a, b) => compareParts(a.parts, b.parts))
      .map(({ source }) => source),
  );
}

/** Each source for itself, and the members of a folder together. */
function groupsOf(sources: readonly Source[]): readonly (readonly Source[])[] {
  const groups = new Map<unknown, Source[]>();
  for (const source of sources) {
    const key = source.isListed ? source.name.split('/')[0] : source;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [source]);
    else group.push(source);
  }
  return [...groups.values()];
}

/** By code unit, folder by folder, so that every machine and language gives one order. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  if (at === -1) return 0;
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}
