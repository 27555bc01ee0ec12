/** The ARN that the execution of this name has; the first of a change has its id as its name. */
export const executionArn = (name: string): string =>
  `${(process.env.STATE_MACHINE_ARN ?? '').replace(':stateMachine:', ':execution:')}:${name}`;
