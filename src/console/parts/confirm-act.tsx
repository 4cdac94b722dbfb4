import { Button, Textarea } from '@mantine/core'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { type Deed, useAct } from '../api/acts.js'
import type { Acted } from '../api/client.js'
import { ProblemNotice } from './states.js'
import classes from './parts.module.css'

/** A dialog of the platform: it keeps the focus inside, Escape closes it, and focus goes back to where it came from. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} className={classes.dialog} aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

interface ConfirmActProps<T> {
  readonly title: string
  /** What will happen, in words; and whatever else has to be chosen. */
  readonly children: ReactNode
  /** The deed, given the reason that was written. */
  readonly deed: (reason: string) => Deed
  /** `none` where the route takes no reason. */
  readonly reason: 'required' | 'none'
  /** Ready-made ones to tap; what is written can be changed afterwards. */
  readonly reasons?: readonly string[]
  readonly confirm: string
  /** Red for what stops, blue for the rest. */
  readonly color?: 'red' | 'blue'
  readonly isReady?: boolean
  readonly onClose: () => void
  /** After it was done; the dialog is closed by then. */
  readonly onDone?: (acted: Acted<T>) => void
}

/** Asks before something is done, says what, and shows why it was refused. Mount it to open it. */
export function ConfirmAct<T>(props: ConfirmActProps<T>) {
  const {
    title,
    children,
    deed,
    reason,
    reasons = [],
    confirm,
    color = 'blue',
    isReady = true,
    onClose,
    onDone,
  } = props
  const [text, setText] = useState('')
  const act = useAct<T>()
  const isComplete = isReady && (reason === 'none' || text.trim() !== '')
  const submit = () =>
    act.mutate(deed(text.trim()), {
      onSuccess: (acted) => {
        onClose()
        onDone?.(acted)
      },
    })
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isComplete && !act.isPending) submit()
        }}
      >
        <div className={classes.dialogBody}>
          {children}
          {reason === 'required' && reasons.length > 0 && (
            <fieldset className={classes.reasons}>
              <legend>Reasons to choose from</legend>
              {reasons.map((one) => (
                <button key={one} type="button" aria-pressed={text.trim() === one} onClick={() => setText(one)}>
                  {one}
                </button>
              ))}
            </fieldset>
          )}
          {reason === 'required' && (
            <Textarea
              label="Reason"
              description="It goes into the audit log, for whoever looks later."
              required
              autosize={false}
              rows={2}
              maxLength={500}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          {act.error && <ProblemNotice error={act.error} />}
          {act.error?.status === 0 && (
            <p>Nobody knows whether it was done. Trying again is safe: it is done once at most.</p>
          )}
        </div>
        <div className={classes.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            Back
          </Button>
          <Button type="submit" color={color} loading={act.isPending} disabled={!isComplete}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
