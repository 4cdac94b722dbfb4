import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useConfig, useStates } from '../../api/queries.js'
import { Hex, Unknown } from '../../parts/exact.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty } from '../../parts/states.js'
import { bySection, configLines, countText, searchLines } from './config-lines.js'
import classes from './operations.module.css'

/** What the daemon runs under, read only, with every default. */
export function ConfigurationTab() {
  const read = useConfig()
  const leader = useStates().data?.leader
  return (
    <Await read={read}>
      {({ hash, version, revision, config }) => (
        <>
          <Panel title="What runs">
            <Facts>
              <Fact name="Hash of the configuration">
                <Hex value={hash} label="hash" />
              </Fact>
              <Fact name="Version">{version}</Fact>
              <Fact name="Revision">
                {revision === 'unknown' ? <Unknown>not told</Unknown> : <Hex value={revision} label="revision" />}
              </Fact>
              <Fact name="Leads">{leader ?? <Unknown>{leader === null ? 'no replica' : 'not known'}</Unknown>}</Fact>
            </Facts>
          </Panel>
          <Lines config={config} />
        </>
      )}
    </Await>
  )
}

function Lines({ config }: { readonly config: Readonly<Record<string, unknown>> }) {
  const [search, setSearch] = useState('')
  const lines = configLines(config)
  const found = searchLines(lines, search)
  const isSearching = search.trim() !== ''
  return (
    <Panel title="Effective configuration">
      <p className={shared.quiet}>With every default, without secrets. It is changed in its file, and read at start.</p>
      <div className={`${shared.filters} ${shared.sub}`}>
        <TextInput
          label="Search"
          type="search"
          placeholder="words of a path or a value"
          w={280}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <output className={shared.quiet}>
          {isSearching ? `${found.length} of ${lines.length} values` : `${lines.length} values`}
        </output>
      </div>
      {found.length === 0 && <Empty title="No value is what you look for" />}
      {bySection(found).map(({ name, lines: own }) => (
        <details key={name} className={shared.details} open={isSearching || undefined}>
          <summary>
            {name} <span className={shared.quiet}>{countText(own)}</span>
          </summary>
          <dl className={classes.lines}>
            {own.map(({ path, value }) => (
              <div key={path} className={classes.line}>
                <dt>{path}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </Panel>
  )
}
