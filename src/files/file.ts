import type { Organisation } from '../web/viewer.js'

/** What a shop may accept, as Settings > Files lists it. `others` are programs, web pages and whatever nobody knows. */
export const FILE_KINDS = ['pictures', 'documents', 'media', 'archives', 'others'] as const
export type FileKind = (typeof FILE_KINDS)[number]

/** How big and how many files one entry may bring, and which kinds. */
export interface FileLimits { megabytes: number, count: number, kinds: readonly FileKind[] }

/** The limits that an organisation has set. */
export const limitsOf = ({ fileMegabytes, fileCount, fileKinds }: Organisation): FileLimits => ({ megabytes: fileMegabytes, count: fileCount, kinds: fileKinds as FileKind[] })

/** A file as pages show it. */
export interface ShownFile {
  id: number
  /** The unguessable part of its address. */
  token: string
  /** Where its client or lead stands: "/clients/42". */
  at: string
  event_id: number | null
  name: string
  /** The MIME type found in the content. */
  type: string
  /** Bytes. */
  size: number
  width: number | null
  height: number | null
  has_thumbnail: boolean
  removed_at: Date | null
}

/** A file that wasn't accepted, and why: words in the locales. */
export interface Refusal { name: string, error: { key: string, values?: Record<string, unknown> } }

/** Pictures that browsers show and that can run nothing. Everything else is only ever downloaded. */
export const SHOWN_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']

/** Where a file is served; the name at its end is for people and for "Save as". */
export const fileUrl = ({ at, token, name }: ShownFile): string => `${at}/files/${token}/${encodeURIComponent(name)}`

/** Where the small picture of a file is served. */
export const thumbnailUrl = ({ at, token }: ShownFile): string => `${at}/thumbnails/${token}.webp`
