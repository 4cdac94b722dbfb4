/** Which bridges or exchanges a request permits. */
export interface ToolFilter {
  allow?: string[] | undefined
  deny?: string[] | undefined
  prefer?: string[] | undefined
}

export function permits({ allow, deny }: ToolFilter, tool: string): boolean {
  const listed = (list: string[] | undefined) => list?.some((entry) => entry === tool || entry === 'all') ?? false
  if (listed(deny)) return false
  return allow === undefined || allow.length === 0 || allow.includes('default') || listed(allow)
}

export function prefers({ prefer }: ToolFilter, tool: string): boolean {
  return prefer?.includes(tool) ?? false
}
