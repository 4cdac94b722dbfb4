import { type KeyHolder, NoKeys } from './adapters/signers/key-holder.js'
import { KeystoreSigner } from './adapters/signers/keystore-signer.js'
import { LocalSigner } from './adapters/signers/local-signer.js'
import { RemoteSigner } from './adapters/signers/remote-signer.js'
import { isSandboxChain } from './config/check.js'
import type { Config } from './config/load.js'

/** Where the keys lie. Rejects with an error for a person when they cannot be used. */
export async function openKeys({ signer, chains }: Config['file']): Promise<KeyHolder> {
  switch (signer.kind) {
    case 'none':
      return new NoKeys()
    case 'development':
      return new LocalSigner(signer.index, isSandboxChain)
    case 'keystore':
      return KeystoreSigner.open(signer)
    case 'remote': {
      const urls = Object.entries(chains).map(
        ([chain, { chainId }]) => [chainId, signer.urls[chain] ?? signer.url!] as const,
      )
      return RemoteSigner.connect({
        urls: new Map(urls),
        address: signer.address,
        timeoutMs: signer.timeoutSeconds * 1000,
      })
    }
  }
}
