import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import type { Acted, ApiClient } from './client.js'
import { useClient } from './context.js'
import { ApiProblem } from './problem.js'

/** One deed: where it is posted, with what. */
export interface Deed {
  readonly path: string
  readonly body: object
  /** Path of what was looked at: its ETag goes along as If-Match. */
  readonly lookedAt?: string
}

export type Act<T> = UseMutationResult<Acted<T>, ApiProblem, Deed>

interface Attempt {
  readonly text: string
  readonly key: string
}

/**
 * Does what changes something, once: an attempt that nobody answered is made again under the key of the first. Whatever is
 * shown is asked for anew after it, whether it went well or not.
 */
export function useAct<T>(): Act<T> {
  const client = useClient()
  const queries = useQueryClient()
  const unanswered = useRef<Attempt | undefined>(undefined)
  return useMutation<Acted<T>, ApiProblem, Deed>({
    mutationFn: async (deed) => {
      const text = JSON.stringify(deed)
      const attempt = unanswered.current?.text === text ? unanswered.current : { text, key: crypto.randomUUID() }
      unanswered.current = attempt
      try {
        const acted = await client.act<T>(deed.path, deed.body, { key: attempt.key, ...matchOf(client, deed) })
        unanswered.current = undefined
        return acted
      } catch (error) {
        // A refusal changed nothing; after 500 nobody knows, and the same key would give the same answer.
        if (error instanceof ApiProblem && error.hasEnded) unanswered.current = undefined
        throw error
      }
    },
    onSettled: () => {
      void queries.invalidateQueries()
    },
  })
}

function matchOf(client: ApiClient, { lookedAt }: Deed): { ifMatch?: string } {
  const ifMatch = lookedAt === undefined ? undefined : client.etagOf(lookedAt)
  return ifMatch === undefined ? {} : { ifMatch }
}
