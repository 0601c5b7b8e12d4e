using Serverless.Local.Demo;

namespace Serverless.Local.Tasks;

/// <summary>The sample task as the three files of a labelled task.</summary>
internal static class TicketTask
{
    /// <summary>Writes the files into a folder, which is made.</summary>
    public static LabelledTask Write(string folder, TicketSets tickets)
    {
        Directory.CreateDirectory(folder);
        var task = new LabelledTask(
            "tickets", Path.Combine(folder, "train.jsonl"), Path.Combine(folder, "validation.jsonl"), Path.Combine(folder, "test.jsonl"));
        TicketFile.Write(task.TrainPath, tickets.Train);
        TicketFile.Write(task.ValidationPath, tickets.Validation);
        TicketFile.Write(task.TestPath, tickets.Test);
        return task;
    }
}
