import { type KeyHolder, NoKeys } from './adapters/signers/key-holder.js'
import { KeystoreSigner } from './adapters/signers/keystore-signer.js'
import { RemoteSigner } from './adapters/signers/remote-signer.js'
import { isSandboxChain } from './config/sandbox-chain.js'
import type { Config } from './config/load.js'
import { SignerError } from './ports/signer.js'

/** Where the keys lie. Rejects with an error for a person when they cannot be used. */
export async function openKeys({ signer, chains }: Config['file']): Promise<KeyHolder> {
  switch (signer.kind) {
    case 'none':
      return new NoKeys()
    case 'development': {
      const { DevelopmentSigner } = await developmentSigner()
      return new DevelopmentSigner(signer.index, isSandboxChain)
    }
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

/** Rejects when this build cannot have the configured kind of signer. Touches no key. */
export async function requireSigner({ signer }: Pick<Config['file'], 'signer'>): Promise<void> {
  if (signer.kind === 'development') await developmentSigner()
}

/**
 * The development signer, of builds that have it: the image has not. `load` is how it comes into the process. Rejects
 * with an error for a person where its file is missing.
 */
export async function developmentSigner(load = () => import('./adapters/signers/development-signer.js')) {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new SignerError(
      'refused',
      'signer.kind: expected none, keystore or remote, got development: this build has no development signer, because its keys are known to everybody. Choose another kind, or run a build from source against the sandbox.',
    )
  }
}
