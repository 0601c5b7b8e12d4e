using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.Intake;

/// <summary>Says in a file's record that its intake did not work by a fault of the service.</summary>
public sealed class FailFile(FileCatalog files) : IActivity<FailFileInput, bool>
{
    public static ActivityName<FailFileInput, bool> Name { get; } = new(nameof(FailFile));

    public async Task<bool> RunAsync(FailFileInput input, ActivityScope scope)
    {
        if (await files.FindAsync(input.FileId, scope.Stopping) is null)
            return false;
        await files.UpdateAsync(
            input.FileId,
            file => file.Status == FileStatus.Uploaded
                ? file with { Status = FileStatus.Error, StatusDetails = $"{file.Name} could not be read by a fault of the service: {input.Reason}" }
                : file,
            scope.Stopping);
        return true;
    }
}
