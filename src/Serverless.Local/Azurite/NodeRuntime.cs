using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Serverless.Learning;

namespace Serverless.Local.Azurite;

/// <summary>The Node.js on this machine, which the storage emulator runs on.</summary>
internal static class NodeRuntime
{
    /// <summary>What starts Node.js.</summary>
    public const string Command = "node";

    private const int OldestMajor = 20;

    private const string Remedy =
        "install Node.js 20 or later with npm from https://nodejs.org, or name an Azure Storage account with the setting Storage "
        + "(--storage, SERVERLESS_STORAGE)";

    /// <summary>Checks that a Node.js is there that is new enough, and returns its version, such as <c>v20.20.2</c>.</summary>
    /// <param name="command">What starts it.</param>
    /// <exception cref="InputError">There is none, or an older one.</exception>
    public static async Task<string> RequireAsync(string command, CancellationToken cancellationToken)
    {
        string version;
        try
        {
            using var node = Process.Start(new ProcessStartInfo(command, ["--version"]) { RedirectStandardOutput = true })!;
            version = (await node.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
            await node.WaitForExitAsync(cancellationToken);
        }
        catch (Win32Exception fault)
        {
            throw new InputError($"development storage: found no Node.js on the PATH; {Remedy}", innerException: fault);
        }
        var major = version.TrimStart('v').Split('.')[0];
        if (int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= OldestMajor) return version;
        throw new InputError($"development storage: found Node.js '{version}'; {Remedy}");
    }

    /// <summary>What starts npm with <paramref name="arguments"/> in <paramref name="folder"/>, its output redirected.</summary>
    public static ProcessStartInfo Npm(string folder, params string[] arguments)
    {
        // On Windows npm is a command file, which only the shell can start.
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd", ["/c", "npm", .. arguments])
            : new ProcessStartInfo("npm", arguments);
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    /// <summary>The fault to report when npm itself is missing.</summary>
    public static InputError NpmMissing(Exception inner) =>
        new($"development storage: found Node.js but no npm on the PATH; {Remedy}", innerException: inner);
}
