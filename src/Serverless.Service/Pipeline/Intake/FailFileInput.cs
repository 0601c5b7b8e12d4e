using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.Intake;

/// <param name="FileId">The file whose intake did not work.</param>
/// <param name="Reason">What failed, for its owner to read.</param>
public sealed record FailFileInput(FileId FileId, string Reason);
