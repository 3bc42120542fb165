/** No file is read beyond these, so that neither its size nor what was made of it on purpose costs more than a known time and memory. */
export const LIMITS = {
  /** Columns with anything in their first rows. */
  columns: 500,
  /** Characters of one cell that are kept: ten times what any field takes, so that a longer one is refused by its field. */
  cell: 100_000,
  /** Characters of one record of CSV, one line of a vCard or one element of XML. */
  record: 8_000_000,
  /** Rows in a batch, and about how many characters. */
  batchRows: 500,
  batchText: 1_000_000,
  /** Files in an archive, and the bytes one may unpack to: so many in any case, then only so many times what it is packed, and never more. */
  entries: 5_000,
  unpacked: 300_000_000,
  ratio: 100,
  unpackedMost: 8_000_000_000,
  /** How deep elements stand in each other. */
  depth: 64,
  sheets: 500,
  /** Rows that the look at a file's beginning takes in. */
  sample: 50,
  lookedAt: 80
} as const
