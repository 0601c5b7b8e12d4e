namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>How long somebody whom a stage cannot do without has been away.</summary>
/// <param name="Waiting">What waits for the answer; when that is another one, there was an answer in between.</param>
/// <param name="Since">When it was first asked in vain.</param>
/// <param name="Times">How often it was.</param>
public sealed record TeacherAbsence(string Waiting, DateTimeOffset Since, int Times);
