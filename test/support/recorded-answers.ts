import { readdirSync, readFileSync } from 'node:fs'

export type Vendor = 'lifi' | '0x'

const folderOf = (vendor: Vendor) => new URL(`../fixtures/${vendor}/`, import.meta.url)

/** Names of the kept answers of a vendor, without their extension. */
export function answerNames(vendor: Vendor): string[] {
  return readdirSync(folderOf(vendor))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted()
}

export function readAnswerFile(vendor: Vendor, name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folderOf(vendor)), 'utf8')) as unknown
}
