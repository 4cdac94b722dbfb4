import type { KeyObject } from 'node:crypto'
import { constants, open } from 'node:fs/promises'
import { refuseTargets } from '../../domain/targets/target-refusal.js'
import { type DocumentReading, TargetSource } from '../../ports/target-source.js'
import { MOST_DOCUMENT_BYTES, readDocument, signingKey } from './read-document.js'

export interface FileTargetsOptions {
  readonly path: string
  /** Ed25519, PEM. */
  readonly publicKey: string | undefined
}

/** Weights in a file. Replace it as a whole, by renaming: a file half written is refused until it is complete. */
export class FileTargets extends TargetSource {
  private readonly key: KeyObject | undefined

  /** Throws for a public key that is no Ed25519 key. */
  constructor(private readonly options: FileTargetsOptions) {
    super()
    this.key = signingKey(options.publicKey)
  }

  override async read(): Promise<DocumentReading> {
    let bytes: Uint8Array
    try {
      bytes = await readStart(this.options.path)
    } catch (error) {
      return refuseTargets(
        'source-unavailable',
        `The file with the weights cannot be read (${reasonOf(error)}). Check targetSetting.source.location and who may read it.`,
      )
    }
    return readDocument(bytes, this.key)
  }
}

class NotAFileError extends Error {}

/** No more than it takes to see that a file is too large. Opening waits for nobody, as on a pipe. */
async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new NotAFileError()
    const bytes = Buffer.alloc(MOST_DOCUMENT_BYTES + 1)
    let size = 0
    while (size < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, size, bytes.byteLength - size, size)
      if (bytesRead === 0) break
      size += bytesRead
    }
    return bytes.subarray(0, size)
  } finally {
    await file.close()
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotAFileError) return 'it is no file'
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown reason'
}
