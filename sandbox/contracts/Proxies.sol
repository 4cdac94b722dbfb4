// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Passes calls on to another contract that runs in this one's place.
abstract contract Passing {
    function pass(address target) internal {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let done := delegatecall(gas(), target, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(done) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }
}

/// A proxy as EIP-1967 describes it, which anybody may upgrade.
contract UpgradeableProxy is Passing {
    bytes32 private constant IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    constructor(address implementation) {
        upgradeTo(implementation);
    }

    function upgradeTo(address implementation) public {
        assembly ("memory-safe") {
            sstore(IMPLEMENTATION_SLOT, implementation)
        }
    }

    fallback() external payable {
        address implementation;
        assembly ("memory-safe") {
            implementation := sload(IMPLEMENTATION_SLOT)
        }
        pass(implementation);
    }
}

/// A diamond as EIP-2535 describes it, with facets that anybody may exchange.
contract OpenDiamond is Passing {
    mapping(bytes4 selector => address facet) public facetAddress;

    function setFacet(bytes4 selector, address facet) external {
        facetAddress[selector] = facet;
    }

    fallback() external payable {
        pass(facetAddress[msg.sig]);
    }
}

/// Names the Settlers of one feature as 0x's registry does; a current one of zero is a pause.
contract SettlerRegistry {
    error Paused();

    address private immutable current;
    address private immutable former;

    constructor(address current_, address former_) {
        current = current_;
        former = former_;
    }

    function ownerOf(uint256) external view returns (address) {
        if (current == address(0)) revert Paused();
        return current;
    }

    function prev(uint128) external view returns (address) {
        return former;
    }
}
