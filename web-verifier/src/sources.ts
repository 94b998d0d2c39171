/** What people hand over, as sources: chosen files, a dropped folder with all that is in it, pasted text. @module */
import type { Source } from './item.ts';

/** How many files of a dropped folder are looked at; the run's own limits come on top. */
const MAX_FOLDER_FILES = 100_000;
const MAX_DEPTH = 32;

export function sourceFromText(text: string): Source {
  return { name: 'pasted text', blob: new Blob([text]), isListed: false, isPasted: true };
}

/** Files that were chosen; those of a chosen folder bring their path. */
export function sourceFromFile(file: File): Source {
  const isListed = file.webkitRelativePath !== '';
  const name = isListed ? file.webkitRelativePath : file.name;
  return { name, blob: file, isListed, isPasted: false };
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
export async function sourcesFromDropped(dropped: readonly Dropped[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const each of dropped) {
    if (each instanceof File) sources.push(sourceFromFile(each));
    else await walk(each, 1, sources);
  }
  return sources;
}

async function walk(entry: FileSystemEntry, depth: number, sources: Source[]): Promise<void> {
  if (sources.length >= MAX_FOLDER_FILES || depth > MAX_DEPTH) return;
  const name = entry.fullPath.replace(/^\//, '');
  try {
    if (entry.isFile) {
      const blob = await fileOf(entry as FileSystemFileEntry);
      sources.push({ name, blob, isListed: true, isPasted: false });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await readSome(reader);
      if (some.length === 0) return;
      for (const each of some) await walk(each, depth + 1, sources);
    }
  } catch {
    sources.push({ name, blob: null, isListed: false, isPasted: false });
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function readSome(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
