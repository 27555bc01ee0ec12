/** The ARN that the execution of this name has. */
export const executionArn = (name: string): string =>
  `${(process.env.STATE_MACHINE_ARN ?? '').replace(':stateMachine:', ':execution:')}:${name}`;
