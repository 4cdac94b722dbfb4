import '@mantine/core/styles.css'
import { MantineProvider, Title } from '@mantine/core'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import type { z } from 'zod'
import type { portfolioAnswer } from '../interface/http/portfolio-schema.js'

export type Portfolio = z.output<typeof portfolioAnswer>

const place = document.getElementById('root')
if (!place) throw new Error('The page has no place for the console.')
createRoot(place).render(
  <StrictMode>
    <MantineProvider>
      <Title>Evenkeel</Title>
    </MantineProvider>
  </StrictMode>,
)
