import '@mantine/core/styles.css'
import './console.css'
import { createTheme, MantineProvider } from '@mantine/core'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import { beginning } from './beginning.js'

const theme = createTheme({
  primaryColor: 'blue',
  // With white text on them these have the contrast that reading takes.
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
})

const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
const place = document.getElementById('root')
if (!place) throw new Error('The page has no place for the console.')
const root = createRoot(place)
root.render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <App beginning={beginning()} />
    </MantineProvider>
  </StrictMode>,
)
